/**
 * The file sink: JSON lines, on the disk before they are acknowledged, rotated by size. What a crash left unacknowledged
 * is read from the end of the file itself, so that nothing is written twice and no line stays torn.
 */
import { setTimeout as delay } from "node:timers/promises";
import { HumError } from "../../core/errors.ts";
import type { SettingsOf } from "../../core/sink-settings.ts";
import { toError } from "../../core/to-error.ts";
import type { Delivery, Outgoing, Sink } from "../sink.ts";
import type { SinkContext } from "./context.ts";
import { type Lines, nextLines, openLines } from "./file-lines.ts";

export function createFileSink(settings: SettingsOf<"file">, context: SinkContext): Sink {
  const { name = settings.kind, path, max_bytes: maxBytes, max_files: maxFiles } = settings;
  const { log } = context;

  async function openMended(): Promise<Lines> {
    const lines = await openLines(path);
    const { tornBytes } = lines;
    if (tornBytes > 0) log.warn({ sink: name, tornBytes }, "the file ended within an event: the torn line is cut off");
    return lines;
  }

  /** The part of the batch that fits into a file that has so many bytes; at least one event goes into an empty one. */
  function fitting(batch: readonly Outgoing[], bytes: number): Outgoing[] {
    let sum = bytes;
    const full = batch.findIndex(({ json }) => {
      const before = sum;
      sum += Buffer.byteLength(json) + 1;
      return sum > maxBytes && before > 0;
    });
    return full < 0 ? [...batch] : batch.slice(0, full);
  }

  return {
    name,
    // Others may move the file away, and do not want all of it again: what is not found there is not missed.
    remembersMs: 0,
    async open(signal) {
      signal.throwIfAborted();
      let lines = await openMended();
      const { sequences } = lines;
      const closed = Promise.withResolvers<Error>();
      let work: Promise<unknown> = Promise.resolve();

      async function deliver(batch: readonly Outgoing[]): Promise<Delivery> {
        let delivered = 0;
        try {
          if (!(await lines.isCurrent())) {
            await lines.close();
            lines = await openMended();
          }
          while (delivered < batch.length) {
            const part = fitting(batch.slice(delivered), lines.bytes());
            if (part.length === 0) lines = await nextLines(path, { full: lines, maxFiles });
            else await lines.append(part.map(({ json }) => `${json}\n`).join(""));
            delivered += part.length;
          }
          return { delivered, duplicates: 0, stopped: null };
        } catch (thrown) {
          const error = toError(thrown);
          return { delivered, duplicates: 0, stopped: { kind: "failed", error } };
        }
      }

      return {
        async recall() {
          return sequences;
        },
        deliver(batch) {
          const delivery = deliver(batch);
          work = delivery;
          return delivery;
        },
        closed: closed.promise,
        async close() {
          // A disk that hangs keeps nobody waiting.
          const waiting = new AbortController();
          const deadline = delay(1_000, undefined, { signal: waiting.signal }).catch(() => undefined);
          await Promise.race([work.then(() => lines.close()).catch(() => undefined), deadline]);
          waiting.abort();
          closed.resolve(new Error("the file was closed"));
        },
      };
    },
    isRefusal: (error) => error instanceof HumError || ("code" in error && refusals.has(String(error.code))),
  };
}

/** Errors that somebody must mend: rights, mounts, and paths that lead nowhere. */
const refusals = new Set(["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG", "ENXIO"]);
