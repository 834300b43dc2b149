/** The end of a file of JSON lines: which of our events it holds, and where a crash tore it. */
import type { FileHandle } from "node:fs/promises";
import { HumError } from "../../core/errors.ts";
import { cloudEventSchema } from "../envelope.ts";

/** Many times what is written before it is acknowledged, so that all that can be offered again is found in it. */
const maxTailBytes = 4 * 1024 * 1024;

export interface Tail {
  /** How many bytes of the file, from its beginning, are whole lines. */
  wholeBytes: number;
  /** Whether what follows them is an event that lacks no more than the end of its line. */
  endsWithEvent: boolean;
  /** The last sequence of each source among the lines that were read. */
  sequences: Map<string, number>;
}

const lineSchema = cloudEventSchema.pick({ source: true, sequence: true }).required();
const newline = 0x0a;
const brace = 0x7b;

/** Throws HumError `bad_request` where the file is not one of ours, so that nothing of it is cut off. */
export async function readTail(handle: FileHandle, options: { path: string; size: number }): Promise<Tail> {
  const { path, size } = options;
  const start = Math.max(0, size - maxTailBytes);
  const bytes = await read(handle, { start, length: size - start });
  const alien = () => new HumError("bad_request", `'${path}' holds something else than events: name another file`);
  const [first] = await read(handle, { start: 0, length: 1 });
  // After a power cut, blocks that were never written read as zeros.
  if (first !== undefined && first !== brace && first !== 0) throw alien();

  const zero = bytes.indexOf(0);
  const written = zero < 0 ? bytes : bytes.subarray(0, zero);
  const whole = written.lastIndexOf(newline) + 1;
  if (whole === 0 && start > 0) throw alien();
  const rest = written.subarray(whole);
  const last = parse(rest.toString());
  // A torn line begins as ours do, and is no JSON.
  if (rest.byteLength > 0 && (rest[0] !== brace || (last.isJson && last.event === null))) throw alien();

  const sequences = new Map<string, number>();
  // The first line may lack its beginning: it is no event then.
  const lines = written.subarray(0, whole).toString().split("\n").map(parse);
  for (const { event } of [...lines, last]) {
    if (event === null) continue;
    const { source, sequence } = event;
    // Older events may follow, where somebody asked for them again.
    sequences.set(source, Math.max(Number(sequence), sequences.get(source) ?? 0));
  }
  return { wholeBytes: start + whole, endsWithEvent: last.event !== null, sequences };
}

async function read(handle: FileHandle, { start, length }: { start: number; length: number }): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function parse(line: string): { isJson: boolean; event: { source: string; sequence: string } | null } {
  try {
    return { isJson: true, event: lineSchema.safeParse(JSON.parse(line)).data ?? null };
  } catch {
    return { isJson: false, event: null };
  }
}
