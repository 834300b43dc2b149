/** The stdout sink: JSON lines for the program behind the pipe, no faster than it reads them. */
import type { Writable } from "node:stream";
import type { SettingsOf } from "../../core/sink-settings.ts";
import type { Delivery, Sink } from "../sink.ts";
import type { SinkContext } from "./context.ts";

export interface StdoutContext extends SinkContext {
  /** Another stream than the process's stdout. */
  stream?: Writable;
}

/** A pipe cannot tell what its reader has had: an event counts as delivered once the system has taken it. */
export function createStdoutSink(settings: SettingsOf<"stdout">, context: StdoutContext): Sink {
  const { name = settings.kind } = settings;
  const { stream = process.stdout } = context;
  // The write that failed tells it. Without a listener the process would end, also by one that fails after the closing.
  stream.on("error", () => undefined);

  return {
    name,
    remembersMs: 0,
    async open(signal) {
      signal.throwIfAborted();
      const closed = Promise.withResolvers<Error>();

      function write(text: string): Promise<Error | null> {
        return new Promise((resolve) => {
          stream.write(text, (error) => resolve(error ?? null));
        });
      }

      return {
        async deliver(batch): Promise<Delivery> {
          const written = write(batch.map(({ json }) => `${json}\n`).join(""));
          const broken = await Promise.race([written, closed.promise.then(() => "closed" as const)]);
          if (broken === null) return { delivered: batch.length, duplicates: 0, stopped: null };
          if (broken === "closed") {
            const error = new Error("stdout was closed while its reader had not taken all");
            return { delivered: 0, duplicates: 0, stopped: { kind: "failed", error } };
          }
          // A stream that failed once takes nothing any more.
          return {
            delivered: 0,
            duplicates: 0,
            stopped: { kind: "gone", reason: `stdout is broken: ${broken.message}` },
          };
        },
        announce({ json }) {
          if (!stream.writableNeedDrain && stream.writable) stream.write(`${json}\n`);
        },
        closed: closed.promise,
        async close() {
          closed.resolve(new Error("stdout was closed"));
        },
      };
    },
    isRefusal: () => false,
  };
}
