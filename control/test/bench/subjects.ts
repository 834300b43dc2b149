/** Who hears speech: plain faster-whisper in two layouts, and the server; all asked in the same way. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text as readText } from "node:stream/consumers";
import { z } from "zod";
import type { Priority } from "../../src/core/job.ts";
import type { Layout } from "../../src/core/tuning.ts";
import { variablesOf } from "../../src/fleet/process.ts";
import { modelDir, python } from "../e2e/direct.ts";
import type { TestServer } from "../e2e/server.ts";
import type { Device } from "./device.ts";

export interface Asked {
  /** Null detects it. */
  language: string | null;
  beam_size: number;
  /**
   * No window is tried again at a higher temperature: that is random, and so would be the time that it takes and all that
   * follows in the file.
   */
  steady?: boolean;
  /** Through BatchedInferencePipeline, or the profile that is like it. */
  batched?: boolean;
  /** The server's alone, as is the next: faster-whisper knows neither. */
  deterministic?: boolean;
  priority?: Priority;
}

export interface Answer {
  tokens: number[];
  /** The highest temperature of a segment: above 0 decoding is random, and nothing can be compared. */
  hottest: number;
}

export interface Process {
  name: string;
  pid: number;
  stop(): Promise<void>;
}

export interface Subject extends Process {
  /** `path` is a 16 kHz mono WAV. */
  transcribe(path: string, asked: Asked): Promise<Answer>;
}

const answerSchema = z.object({ id: z.number(), tokens: z.array(z.number()), hottest: z.number() });

/** `layout` null: faster-whisper's defaults in a plain environment. */
export function startDirect(name: string, options: { model: string; device: Device; layout: Layout | null }): Subject {
  const { model, device, layout } = options;
  const numbers = layout === null ? [] : [layout.workers, layout.threads_per_worker].map(String);
  const env = { ...process.env, ...(layout === null ? {} : variablesOf(layout.environment)) };
  const script = join(import.meta.dirname, "direct_engine.py");
  const args = [script, modelDir(model), device.device, device.computeType, ...numbers];
  const child = spawn(python, args, { env, stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<number, PromiseWithResolvers<Answer>>();
  const ended = once(child, "close").then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`${name} ended`));
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const { id, ...answer } = answerSchema.parse(JSON.parse(line));
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  let last = 0;
  return {
    name,
    pid: child.pid ?? 0,
    transcribe(path, { language, beam_size, steady = false, batched = false }) {
      last += 1;
      const options = { language, beam_size, ...(steady ? noSecondTry : {}) };
      const answer = Promise.withResolvers<Answer>();
      waiting.set(last, answer);
      child.stdin.write(`${JSON.stringify({ id: last, path, batched, options })}\n`);
      return answer.promise;
    },
    async stop() {
      // Whatever it still has in work: nobody waits for it.
      child.kill();
      await ended;
    },
  };
}

const noSecondTry = { compression_ratio_threshold: null, log_prob_threshold: null };

const transcriptSchema = z.object({
  segments: z.array(z.object({ tokens: z.array(z.number()), temperature: z.number() })),
});

export function overHttp(name: string, server: TestServer, options: { model: string }): Subject {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const files = new Map<string, Buffer>();
  return {
    name,
    pid: server.pid,
    async transcribe(path, { language, beam_size, steady, batched, deterministic, priority }) {
      const body = files.getOrInsertComputed(path, () => readFileSync(path));
      const query = new URLSearchParams({
        model: options.model,
        response_format: "verbose_json",
        beam_size: String(beam_size),
        ...(language === null ? {} : { language }),
        ...(steady === true
          ? Object.fromEntries(Object.entries(noSecondTry).map(([name, value]) => [name, String(value)]))
          : {}),
        ...(batched === true ? { profile: "batched" } : {}),
        ...(deterministic === true ? { deterministic: "true" } : {}),
      });
      const headers = {
        "content-type": "audio/wav",
        "content-length": body.byteLength,
        ...(priority === undefined ? {} : { "x-priority": priority }),
      };
      const asked = request(`${server.url}/v1/audio/transcriptions?${query}`, { agent, method: "POST", headers });
      const answered = once(asked, "response");
      asked.end(body);
      const [response] = await answered;
      const text = await readText(response);
      if (response.statusCode !== 200) throw new Error(`${name} answered ${response.statusCode}: ${text}`);
      const { segments } = transcriptSchema.parse(JSON.parse(text));
      return {
        tokens: segments.flatMap((segment) => segment.tokens),
        hottest: Math.max(0, ...segments.map(({ temperature }) => temperature)),
      };
    },
    async stop() {
      agent.destroy();
      await server.stop();
    },
  };
}
