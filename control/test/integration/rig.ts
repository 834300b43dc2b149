/** The rig of the process tests: a real link, a real fleet of scripted Python sidecars, and the real scheduler over it. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { Config } from "../../src/core/config.ts";
import { HumError } from "../../src/core/errors.ts";
import type { Audio, Job, JobEvent } from "../../src/core/job.ts";
import { createLog } from "../../src/core/log.ts";
import { createMetrics } from "../../src/core/metrics.ts";
import type { Catalogue } from "../../src/core/model.ts";
import { defaultOptions } from "../../src/core/options.ts";
import type { SlotEvent } from "../../src/core/slot.ts";
import { createFleet } from "../../src/fleet/fleet.ts";
import { packageDirOf } from "../../src/fleet/process.ts";
import { createScheduler } from "../../src/jobs/scheduler.ts";
import { openLink } from "../../src/wire/link.ts";
import { testConfig } from "../config.ts";
import { fakeModel } from "../models.ts";

/** Every name is a scripted model here. */
const catalogue: Catalogue = {
  defaultModel: fakeModel("fake:echo"),
  resolve: (name) => fakeModel(name ?? "fake:echo"),
  list: () => [],
};

export async function openRig(adjust: (config: Config) => void = () => undefined) {
  const dir = mkdtempSync(join(tmpdir(), "hum-rig-"));
  const config = testConfig(dir);
  adjust(config);
  const log = createLog({ level: "silent", readable: false });
  const metrics = createMetrics();
  const slotEvents: (SlotEvent & { slot: string })[] = [];
  const jobEvents: { id: string; event: JobEvent }[] = [];
  const link = await openLink({ socketPath: join(dir, "wire.sock") });
  const fleet = createFleet({
    config,
    packageDir: packageDirOf(checkoutRoot),
    link,
    clock: systemClock,
    log,
    metrics,
    observe: (slot, event) => void slotEvents.push({ slot: slot.name, ...event }),
  });
  let overloads = 0;
  const scheduler = createScheduler({
    config,
    catalogue,
    fleet,
    scratchDir: dir,
    clock: systemClock,
    metrics,
    log,
    onOverload: () => {
      overloads += 1;
    },
    admitEvents: () => undefined,
    observe: async (job, event) => void jobEvents.push({ id: job.id, event }),
  });
  let jobs = 0;
  return {
    overloads: () => overloads,
    config,
    dir,
    fleet,
    scheduler,
    metrics,
    slotEvents,
    jobEvents,
    submit(model: string, more: Partial<Job> = {}) {
      jobs += 1;
      return scheduler.submit({
        id: `job-${jobs}`,
        requestId: `request-${jobs}`,
        causationId: null,
        traceparent: null,
        audio: silence(3),
        model,
        options: defaultOptions,
        priority: "interactive",
        deadlineMs: null,
        signal: new AbortController().signal,
        ...more,
      });
    },
    async close() {
      await fleet.stop();
      await link.close();
      rmSync(dir, { recursive: true });
    },
  };
}

function audioOf(data: Uint8Array, facts: Pick<Audio, "format" | "mediaType" | "durationS">): Audio {
  return {
    ...facts,
    raw: null,
    source: { kind: "memory", data },
    sha256: createHash("sha256").update(data).digest("hex"),
    bytes: data.byteLength,
  };
}

/** PCM in memory: the scripted engine yields one segment per started second. */
export const silence = (seconds: number) =>
  audioOf(new Uint8Array(seconds * 32_000), { format: "pcm_s16le", mediaType: "audio/wav", durationS: seconds });

/** Bytes that must go through a decoder. */
export const mediaAudio = (data: Uint8Array) =>
  audioOf(data, { format: "media", mediaType: "application/octet-stream", durationS: null });

export const mediaFile = (path: string) => mediaAudio(readFileSync(path));

/** The HumError that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<HumError> {
  const thrown = await promise.then(
    () => new Error("it succeeded"),
    (error: unknown) => error,
  );
  if (thrown instanceof HumError) return thrown;
  throw thrown;
}
