/**
 * From the first byte of a 60 MB multipart upload to the engine's call: the server, and a starlette app beside it.
 *
 * Measured of both: taking the form, putting the file on disk, reading it back as float32 samples, and telling the
 * client. Of the server it is also hashing the file, its queue, and the way to the engine's process and back: its engine
 * is the scripted one, which tells its first segment as soon as it is called with the samples, and that segment is the
 * sign; what follows is read, but not timed. Recognition, and the speech gate before it, are in neither.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { python } from "../e2e/direct.ts";
import type { TestServer } from "../e2e/server.ts";
import type { Clip } from "./corpus.ts";
import { watchMemory } from "./process-tree.ts";
import type { Row, Scenario } from "./scenarios.ts";
import { median } from "./statistics.ts";
import type { Process } from "./subjects.ts";

export interface Receiver extends Process {
  url: string;
  fields: Readonly<Record<string, string>>;
  /** What its answer holds as soon as the engine would have been called. */
  sign: string;
  /** Whose memory is told: of the server the control plane's, of the app all, where the samples lie as well. */
  memory: string;
  /** How long the audio is by its answer, in seconds. */
  durationOf(answer: { headers: NodeJS.Dict<string | string[]>; text: string }): number;
}

export async function startStarlette(): Promise<Receiver> {
  const child = spawn(python, [join(import.meta.dirname, "starlette_upload.py")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  const died = ended.then(() => Promise.reject(new Error("the starlette app ended before it listened")));
  const [port] = await Promise.race([once(createInterface({ input: child.stdout }), "line"), died]);
  died.catch(() => undefined);
  return {
    name: "starlette",
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    fields: {},
    sign: "duration_s",
    memory: "whole process MB",
    durationOf: ({ text }) => Number(/"duration_s":\s*([\d.]+)/.exec(text)?.[1]),
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

/** `server` has the scripted engine `fake:echo`. */
export const receiverOf = (name: string, server: TestServer): Receiver => ({
  name,
  pid: server.pid,
  url: server.url,
  fields: { model: "fake:echo", stream: "true" },
  sign: "transcript.text.delta",
  memory: "control plane MB",
  durationOf: ({ headers }) => Number(headers["x-audio-duration"]),
  stop: async () => void (await server.stop()),
});

/** The first of the receivers is the one that the others are compared with. */
export function uploadScenario(clip: Clip, receivers: readonly Receiver[]): Scenario {
  // From memory, so that the disk that it lies on is no part of it.
  const file = readFileSync(clip.path);
  const row = (receiver: Receiver): Row => ({
    name: receiver.name,
    process: receiver,
    async run() {
      const growth = watchMemory(receiver.pid);
      const took: number[] = [];
      while (took.length < uploadsARun) {
        const { seconds, durationS } = await send(file, receiver);
        if (Math.abs(durationS - clip.seconds) > 0.01) {
          throw new Error(`${receiver.name} found ${durationS} s of audio; it was sent ${clip.seconds} s`);
        }
        took.push(seconds);
      }
      return { value: median(took), beside: { [receiver.memory]: growth() / 1e6 } };
    },
  });
  const [reference, ...others] = receivers.map(row);
  const rows = [...(reference === undefined ? [] : [reference]), ...others.map((one) => ({ ...one, target: 0.4 }))];
  return { name: "upload", unit: "s", isLong: false, guessS: 1, rows };
}

/** One takes a tenth of a second, in which anything may happen; its run is their median. */
const uploadsARun = 5;

const boundary = "hum-bench";

async function send(file: Buffer, to: Receiver): Promise<{ seconds: number; durationS: number }> {
  const part = (disposition: string, rest: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n${rest}`;
  const fields = Object.entries(to.fields).map(([name, value]) => part(`name="${name}"`, `\r\n${value}\r\n`));
  const opening = part('name="file"; filename="a.wav"', "content-type: audio/wav\r\n\r\n");
  const head = Buffer.from(fields.join("") + opening);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const asked = request(`${to.url}/v1/audio/transcriptions`, {
    method: "POST",
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": head.byteLength + file.byteLength + tail.byteLength,
    },
  });
  const answered = once(asked, "response");
  const beganMs = performance.now();
  asked.write(head);
  asked.write(file);
  asked.end(tail);
  const [answer] = await answered;
  let text = "";
  let signMs: number | null = null;
  for await (const chunk of answer.setEncoding("utf8")) {
    text += chunk;
    if (text.includes(to.sign)) signMs ??= performance.now();
  }
  if (answer.statusCode !== 200 || signMs === null) {
    throw new Error(`${to.name} answered ${answer.statusCode}: ${text.slice(0, 500)}`);
  }
  return { seconds: (signMs - beganMs) / 1000, durationS: to.durationOf({ headers: answer.headers, text }) };
}
