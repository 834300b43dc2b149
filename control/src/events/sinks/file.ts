/**
 * The file sink: JSON lines, on the disk before they are acknowledged, rotated by size. What a crash left unacknowledged
 * is read from the end of the file itself, so that nothing is written twice and no line stays torn.
 */
import { setTimeout as delay } from "node:timers/promises";
import { HumError } from "../../core/errors.ts";
import type { SettingsOf } from "../../core/sink-settings.ts";
import type { Delivery, Outgoing, Sink, Stop } from "../sink.ts";
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

  return {
    name,
    // The file may have been moved away or emptied by others, who do not want all of it again: the cursor alone counts.
    remembersMs: 0,
    async open(signal) {
      signal.throwIfAborted();
      let lines = await openMended();
      /** What is in the file: the last sequence of each source. */
      const written = new Map(lines.sequences);
      const isFresh = ({ source, sequence }: Outgoing) => sequence > (written.get(source) ?? 0);
      const closed = Promise.withResolvers<Error>();
      let work: Promise<unknown> = Promise.resolve();

      async function write(batch: readonly Outgoing[]): Promise<void> {
        if (!(await lines.isCurrent())) {
          await lines.close();
          lines = await openMended();
        }
        let pending: Outgoing[] = [];
        let pendingBytes = 0;
        const flush = async () => {
          if (pending.length === 0) return;
          await lines.append(pending.map(({ json }) => `${json}\n`).join(""));
          for (const { source, sequence } of pending) written.set(source, sequence);
          pending = [];
          pendingBytes = 0;
        };
        for (const event of batch.filter(isFresh)) {
          const bytes = Buffer.byteLength(event.json) + 1;
          if (lines.bytes() + pendingBytes > 0 && lines.bytes() + pendingBytes + bytes > maxBytes) {
            await flush();
            lines = await nextLines(path, { full: lines, maxFiles });
          }
          pending.push(event);
          pendingBytes += bytes;
        }
        await flush();
      }

      async function deliver(batch: readonly Outgoing[]): Promise<Delivery> {
        const known = batch.filter((event) => !isFresh(event)).length;
        let stopped: Stop | null = null;
        try {
          await write(batch);
        } catch (thrown) {
          stopped = { kind: "failed", error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
        }
        const rest = batch.findIndex(isFresh);
        const delivered = rest < 0 ? batch.length : rest;
        return { delivered, duplicates: Math.min(known, delivered), stopped: rest < 0 ? null : stopped };
      }

      return {
        deliver(batch) {
          const delivery = deliver(batch);
          work = delivery;
          return delivery;
        },
        closed: closed.promise,
        async close() {
          // A disk that hangs keeps nobody waiting; the last word on it has been said then.
          await Promise.race([work.then(() => lines.close()), delay(1_000, undefined, { ref: false })]);
          closed.resolve(new Error("the file was closed"));
        },
      };
    },
    isRefusal: (error) => error instanceof HumError || ("code" in error && refusals.has(String(error.code))),
  };
}

/** Errors that somebody must mend: rights, mounts, and paths that lead nowhere. */
const refusals = new Set(["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR", "EISDIR", "ELOOP", "ENAMETOOLONG", "ENXIO"]);
