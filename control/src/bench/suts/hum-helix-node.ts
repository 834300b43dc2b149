/** What a running server of ours tells of itself: its slots, the models in memory, its versions. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { HumError } from "../../core/errors.ts";
import { slotStates } from "../../core/readiness.ts";
import { toError } from "../../core/to-error.ts";
import { excerpt, jsonOf } from "./speech-answer.ts";

const readinessSchema = z.object({
  status: z.enum(["ready", "degraded", "unready"]),
  reasons: z.array(z.string()),
  slots: z.array(
    z.object({
      role: z.string(),
      model: z.string().nullable(),
      state: z.enum(slotStates),
      reason: z.string().nullable(),
    }),
  ),
});
export type NodeReadiness = z.infer<typeof readinessSchema>;

const eventMs = 2_000;
const pollMs = 50;

const listOf = <Schema extends z.ZodType>(schema: Schema) => z.object({ data: z.array(schema) });
const loadedSchema = listOf(
  z.object({ model: z.string(), device: z.string(), compute_type: z.string(), slots: z.array(z.string()) }),
);
const modelsSchema = listOf(z.object({ id: z.string(), root: z.string() }));
const eventsSchema = listOf(z.object({ data: z.record(z.string(), z.unknown()) }));
const placementSchema = z.object({ model: z.string(), device: z.string(), compute_type: z.string() });
const versionsSchema = z.object({ versions: z.record(z.string(), z.string()) });

export interface HumHelixNode {
  version(): Promise<string>;
  readiness(): Promise<NodeReadiness>;
  /** The name behind an alias; null where the server does not have it. */
  modelNamed(name: string): Promise<string | null>;
  /** As they were asked for: `auto` may stand there. */
  loaded(): Promise<z.infer<typeof loadedSchema>["data"]>;
  /** Resolves when it can work; true where it was not in memory before. */
  load(model: string): Promise<boolean>;
  /** What an engine told when it had loaded the model last; null where that is not known any more. */
  placement(model: string): Promise<{ device: string; compute_type: string } | null>;
  /** Of the libraries of its sidecars. */
  versions(): Promise<Record<string, string>>;
}

/** Each of them throws HumError `loading` where no server of ours answers. */
export function lookAtNode(
  url: string,
  { apiKey, signal }: { apiKey: string | null; signal: AbortSignal },
): HumHelixNode {
  const headers: Record<string, string> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };

  async function ask<T>(path: string, schema: z.ZodType<T>, init: RequestInit = {}): Promise<T> {
    const response = await fetch(`${url}${path}`, { ...init, headers: { ...headers, ...init.headers }, signal }).catch(
      (thrown: unknown) => {
        signal.throwIfAborted();
        const { cause, message } = toError(thrown);
        const why = cause instanceof Error ? cause.message : message;
        throw new HumError("loading", `no server answers at ${url}: ${why}`, { cause: thrown });
      },
    );
    const text = await response.text();
    // An unready node says why, with 503.
    const isAnswer = response.ok || path === "/readyz";
    const read = isAnswer ? schema.safeParse(jsonOf(text)) : null;
    if (read?.success === true) return read.data;
    throw new HumError("loading", `${url}${path} answered ${response.status}: ${excerpt(text)}`);
  }

  const events = (type: string) => ask(`/v1/events?type=${type}&limit=1000`, eventsSchema);

  return {
    version: async () => (await ask("/", z.object({ name: z.literal("hum-helix"), version: z.string() }))).version,
    readiness: () => ask("/readyz", readinessSchema),
    async modelNamed(name) {
      const { data } = await ask("/v1/models", modelsSchema);
      return data.find(({ id }) => id === name)?.root ?? null;
    },
    loaded: async () => (await ask("/v1/models/loaded", loadedSchema)).data,
    async load(model) {
      const body = JSON.stringify({ model });
      const init = { method: "POST", body, headers: { "content-type": "application/json" } };
      const { action } = await ask("/v1/models/load", z.object({ action: z.string() }), init);
      return action === "loaded";
    },
    async placement(model) {
      // The event of a load may come a moment after the load.
      for (const untilMs = performance.now() + eventMs; ; await delay(pollMs, undefined, { signal })) {
        const { data } = await events("model.loaded");
        const told = data.flatMap((event) => placementSchema.safeParse(event.data).data ?? []);
        const last = told.findLast((one) => one.model === model);
        if (last !== undefined) return { device: last.device, compute_type: last.compute_type };
        if (performance.now() > untilMs) return null;
      }
    },
    async versions() {
      const { data } = await events("sidecar.ready");
      const told = data.map((event) => versionsSchema.safeParse(event.data).data?.versions ?? {});
      return Object.fromEntries(told.flatMap((versions) => Object.entries(versions)));
    },
  };
}
