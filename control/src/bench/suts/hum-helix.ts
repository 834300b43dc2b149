/** This project's server as a SUT: one that the harness starts for each engine of the matrix, or one that runs at a URL. */
import { setTimeout as delay } from "node:timers/promises";
import { HumError } from "../../core/errors.ts";
import { expandSettings } from "../definition/load.ts";
import { engineAxes, type RunConfig } from "../definition/run-config.ts";
import type { SutOf } from "../definition/sut.ts";
import { keyOf } from "../plan/keys.ts";
import { apiKeyOf } from "./api-key.ts";
import { createTrialAudio } from "./audio.ts";
import type { SutContext } from "./context.ts";
import { createSpeechClient } from "./http-speech.ts";
import { humHelixFields } from "./hum-helix-fields.ts";
import { type HumHelixNode, lookAtNode } from "./hum-helix-node.ts";
import type { FormField } from "./multipart.ts";
import { networkOutcome } from "./network.ts";
import { inWords, type OwnServer, startOwnServer } from "./own-server.ts";
import { within } from "./patience.ts";
import { engineOf, modelOf, type RunningEngine, unfitAxes } from "./running-server.ts";
import type { Outcome, Sut, SutInstance } from "./sut.ts";

const pollMs = 50;
/** How long the end of a process may take to be known once its connections broke. */
const exitMs = 1_000;
const lookMs = 120_000;

export function createHumHelix(definition: SutOf<"hum-helix">, context: SutContext): Sut {
  const { name, kind, url } = definition;
  if (url === undefined) {
    return {
      name,
      kind,
      unsupported: async (config) => humHelixFields(config).untold,
      instanceKey: (config) => keyOf(Object.fromEntries(engineAxes.map((axis) => [axis, config[axis]]))),
      async open(config, options) {
        const settings = expandSettings(definition.settings, context.env);
        const server = await startOwnServer(config, { ...context, ...options, settings });
        try {
          return await openOwn(server, options);
        } catch (error) {
          await server.stop();
          throw error;
        }
      },
    };
  }
  const base = url.replace(/\/+$/, "").replace(/\/v1$/, "");
  const keyed = () => apiKeyOf(definition.api_key_env, context.env);
  const asking = () => ({ apiKey: keyed(), signal: new AbortController().signal });
  /** By model. */
  const looks = new Map<string, Promise<RunningEngine | null>>();
  return {
    name,
    kind,
    async unsupported(config) {
      const unfit = await unfitAxes(config, () =>
        looks.getOrInsertComputed(config.model ?? "", () => lookOnce(lookAtNode(base, asking()), config)),
      );
      return [...humHelixFields(config).untold, ...unfit];
    },
    instanceKey: ({ model }) => keyOf({ model }),
    open: (config, options) => openRunning(base, { config, apiKey: keyed(), ...options }),
  };
}

async function openOwn(
  server: OwnServer,
  options: { signal: AbortSignal; startTimeoutMs: number },
): Promise<SutInstance> {
  const { signal, startTimeoutMs } = options;
  const node = lookAtNode(server.url, { apiKey: null, signal });
  // The server itself is ready with the first of its engine processes.
  await within(untilAllReady(node, signal), {
    signal,
    timeoutMs: startTimeoutMs,
    late: () => new HumError("loading", `not every engine process was ready after ${startTimeoutMs / 1000} s`),
  });
  const { name, revision, engine } = server.model;
  const facts = await factsOf(node, name);
  return instanceAt(server.url, {
    facts: { ...facts, revision, engine },
    opening: server.opening,
    pids: [server.pid],
    apiKey: null,
    async onBroken(error, asked) {
      const exit = await Promise.race([server.exited, delay(exitMs, null)]);
      if (exit === null) return networkOutcome(error, asked);
      throw new HumError("sidecar_lost", `the server ended (${inWords(exit)}): ${server.lastWords()}`, {
        cause: error,
      });
    },
    close: server.stop,
  });
}

async function openRunning(
  url: string,
  options: { config: RunConfig; apiKey: string | null; signal: AbortSignal; startTimeoutMs: number },
): Promise<SutInstance> {
  const { config, apiKey, signal, startTimeoutMs } = options;
  const node = lookAtNode(url, { apiKey, signal });
  const late = (what: string) => ({
    signal,
    timeoutMs: startTimeoutMs,
    late: () => new HumError("loading", `the server at ${url} ${what} after ${startTimeoutMs / 1000} s`),
  });
  await within(untilReady(node, signal), late("was not ready"));
  const model = await modelOf(node, config);
  const beganMs = performance.now();
  const wasLoaded = await within(node.load(model), late(`had not loaded ${model}`));
  const load_s = wasLoaded ? (performance.now() - beganMs) / 1000 : null;
  const unfit = await unfitAxes(config, () => engineOf(node, config));
  // It was another one, or none, when the run was planned.
  if (unfit.length > 0) throw new HumError("loading", `the server at ${url} runs with another ${unfit.join(" and ")}`);
  return instanceAt(url, {
    facts: { url, ...(await factsOf(node, model)) },
    opening: { process_start_s: null, load_s },
    pids: [],
    apiKey,
    onBroken: async (error, asked) => networkOutcome(error, asked),
    close: async () => undefined,
  });
}

interface Connected extends Pick<SutInstance, "facts" | "opening" | "pids" | "close"> {
  apiKey: string | null;
  /** What it means that a connection broke. */
  onBroken(error: unknown, asked: { url: string; signal: AbortSignal }): Promise<Outcome>;
}

function instanceAt(url: string, { apiKey, onBroken, close, ...rest }: Connected): SutInstance {
  const client = createSpeechClient(`${url}/v1`, { apiKey });
  const audio = createTrialAudio();
  return {
    ...rest,
    prepare: audio.read,
    async transcribe({ item, config, streaming, signal }) {
      const { fields, task } = humHelixFields(config);
      const format: FormField = streaming ? ["stream", "true"] : ["response_format", "verbose_json"];
      return client
        .ask({ task, fields: [...fields, format], file: audio.of(item), signal })
        .catch((error: unknown) => onBroken(error, { url, signal }));
    },
    async close() {
      client.close();
      await close();
    },
  };
}

/** Null where it is not there: that is told when it is opened, and does not keep other SUTs from their trials. */
async function lookOnce(node: HumHelixNode, config: RunConfig): Promise<RunningEngine | null> {
  try {
    return await within(engineOf(node, config), {
      signal: new AbortController().signal,
      timeoutMs: lookMs,
      late: () => new HumError("loading", `the server had not loaded its model after ${lookMs / 1000} s`),
    });
  } catch (error) {
    if (error instanceof HumError) return null;
    throw error;
  }
}

async function factsOf(node: HumHelixNode, model: string): Promise<Record<string, string>> {
  const [version, placement, versions] = await Promise.all([node.version(), node.placement(model), node.versions()]);
  return { version, ...versions, model, ...placement };
}

/** It may just be starting. */
async function untilReady(node: HumHelixNode, signal: AbortSignal): Promise<void> {
  while ((await node.readiness()).status === "unready") await delay(pollMs, undefined, { signal });
}

async function untilAllReady(node: HumHelixNode, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { slots } = await node.readiness();
    const failed = slots.find(({ state }) => state === "failed");
    if (failed !== undefined)
      throw new HumError("loading", `an engine process failed: ${failed.reason ?? "no reason known"}`);
    if (slots.every(({ state }) => state === "ready")) return;
    await delay(pollMs, undefined, { signal });
  }
}
