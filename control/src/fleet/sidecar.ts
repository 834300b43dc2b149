/** The Sidecar actor: one process from spawn to exit, its state machine, and the jobs that it has in flight. */
import { HumError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { SlotState } from "../core/readiness.ts";
import type { Child, ChildExit } from "../platform/child.ts";
import type { Link, Received } from "../wire/link.ts";
import { type FromSidecar, protocolVersion, type ToSidecar } from "../wire/messages.ts";
import { watchLiveness } from "./liveness.ts";
import { type Blame, blameOf, describeExit, describeStall, judgeSilence, lostRequest } from "./loss.ts";

type MessageOf<Type extends FromSidecar["type"]> = Extract<FromSidecar, { type: Type }>;
export type Ready = MessageOf<"ready">;
export type Progress = MessageOf<"started"> | MessageOf<"segment">;
export type Outcome = { message: MessageOf<"done"> | MessageOf<"decoded">; payload: Uint8Array | null };

/** One unit of work for a sidecar: the message that asks for it and what to do with what it tells. */
export interface Request {
  message: Extract<ToSidecar, { type: "job" | "decode" }>;
  payload: Uint8Array | null;
  onProgress: (message: Progress) => void;
  /** Nothing else runs in the process meanwhile: if it dies, this was the cause. */
  alone: boolean;
  /** Aborting sends `cancel`; the request settles when the sidecar has let go of it. */
  signal: AbortSignal;
}

export interface Death {
  exit: ChildExit;
  /** In one sentence, for logs, events and readiness. */
  reason: string;
  wasReady: boolean;
  finishedJobs: number;
  permanent: boolean;
  /** Ended by its input, as a request showed that ran alone: no fault of the process. */
  explained: boolean;
  inFlight: string[];
}

export interface Sidecar {
  readonly identity: string;
  readonly pid: number | null;
  state(): Extract<SlotState, "starting" | "loading" | "ready" | "stopping" | "stopped">;
  /** What it announced; null before it was ready. */
  announced(): Ready | null;
  versions(): Record<string, string>;
  inFlight(): number;
  /** In RAM, as it last told; null before it was ready. */
  memoryBytes(): number | null;
  /** How many more requests it takes now. */
  free(): number;
  /** Rejects with the HumError that the sidecar told, or `sidecar_lost` when its process ends first. */
  run(request: Request): Promise<Outcome>;
  /** Settles once, when the process is gone and every request is settled. */
  readonly died: Promise<Death>;
  /** Drains, then SIGTERM, then SIGKILL; resolves when the process is gone. */
  stop(): Promise<Death>;
}

export interface SidecarOptions {
  identity: string;
  link: Link;
  spawn: () => Child;
  /** Null for a role that has nothing to load. */
  load: Extract<ToSidecar, { type: "load" }> | null;
  helloTimeoutMs: number;
  loadTimeoutMs: number;
  pingIntervalMs: number;
  missedPings: number;
  stopGraceMs: number;
  /** A call into native code that runs longer is stuck. */
  stallMs: number;
  log: Log;
  /** The state, the credit or the load of it changed. */
  onChange: () => void;
  onRefused: (reason: string) => void;
  onUsage: (usage: MessageOf<"metrics">) => void;
}

interface Pending {
  request: Request;
  /** Whether the process has it in work. Of a decode nothing tells, so it counts from the first. */
  begun: boolean;
  settle: PromiseWithResolvers<Outcome>;
  detach: () => void;
}

/** The loop that would hear SIGTERM is the one that is stuck. */
const deafGraceMs = 500;

export function createSidecar(options: SidecarOptions): Sidecar {
  const { identity, link, log, stopGraceMs } = options;
  const pending = new Map<string, Pending>();
  const death = Promise.withResolvers<Death>();
  let state: ReturnType<Sidecar["state"]> = "starting";
  let announced: Ready | null = null;
  let versions: Record<string, string> = {};
  let finishedJobs = 0;
  let memoryBytes: number | null = null;
  let ending: { reason: string; permanent: boolean; blame: Blame } | null = null;

  const detach = link.attach(identity, receive);
  const child = options.spawn();
  let timeout = setTimeout(() => kill(`no hello within ${options.helloTimeoutMs} ms`), options.helloTimeoutMs);
  const liveness = watchLiveness({
    intervalMs: options.pingIntervalMs,
    missedPings: options.missedPings,
    curious: () => pending.size > 0,
    // Never while loading: building a model may hold Python's lock for seconds.
    ping: (seq) => (state === "ready" || state === "stopping" ? tell({ type: "ping", seq }) : liveness.heard()),
    onSilent(silentMs) {
      const { reason, blame } = judgeSilence(child.pid, silentMs);
      kill(reason, { blame, graceMs: deafGraceMs });
    },
  });
  void child.exited.then(bury);

  function enter(next: typeof state) {
    state = next;
    options.onChange();
  }

  /** The first reason counts: what follows is its consequence. */
  function kill(reason: string, options: { permanent?: boolean; blame?: Blame; graceMs?: number } = {}) {
    const { permanent = false, blame = "crash", graceMs = stopGraceMs } = options;
    ending ??= { reason, permanent, blame };
    log.warn({ sidecar: identity, reason }, "ending sidecar");
    enter("stopping");
    void child.stop(graceMs);
  }

  function tell(message: ToSidecar) {
    link.send(identity, message).catch((error: HumError) => {
      log.debug({ sidecar: identity, type: message.type, error: error.message }, "not sent");
    });
  }

  function receive(received: Received) {
    liveness.heard();
    // One that is being ended has lost our trust: what it still sends must not decide a job.
    if (ending !== null) return;
    if (!received.ok) {
      options.onRefused(received.reason);
      log.warn({ sidecar: identity, reason: received.reason, detail: received.detail }, "refused a frame");
      // A type that we do not know is a newer minor version; anything else is a broken peer.
      if (received.reason !== "type") kill("it sent frames that are no message");
      return;
    }
    accept(received.message, received.payload);
  }

  function accept(message: FromSidecar, payload: Uint8Array | null) {
    switch (message.type) {
      case "hello":
        return greet(message);
      case "ready":
        if (state !== "loading") return;
        clearTimeout(timeout);
        announced = message;
        memoryBytes = message.memory_bytes;
        return enter("ready");
      case "started":
      case "segment": {
        const entry = pending.get(message.id);
        if (entry === undefined) return;
        entry.begun = true;
        return entry.request.onProgress(message);
      }
      case "done":
      case "decoded":
        return settle(message.id, (entry) => {
          finishedJobs += 1;
          entry.settle.resolve({ message, payload });
        });
      case "failed":
        return fail(message);
      case "bye":
        log.debug({ sidecar: identity, reason: message.reason }, "sidecar says goodbye");
        return;
      case "metrics":
        memoryBytes = message.rss_bytes;
        return options.onUsage(message);
      case "pong":
        return judgeCall(message.oldest_call_s ?? 0);
    }
  }

  /** Calls that return one after the other are work, and none at all is idleness; only one that never returns is stuck. */
  function judgeCall(oldestCallS: number) {
    if (oldestCallS * 1000 > options.stallMs) kill(describeStall(oldestCallS, options.stallMs), { blame: "stall" });
  }

  function greet(hello: MessageOf<"hello">) {
    if (state !== "starting") return;
    clearTimeout(timeout);
    versions = hello.versions;
    if (hello.protocol.major !== protocolVersion.major) {
      return kill(`it speaks protocol ${hello.protocol.major}, this control plane ${protocolVersion.major}`, {
        permanent: true,
      });
    }
    timeout = setTimeout(() => kill(`not ready within ${options.loadTimeoutMs} ms`), options.loadTimeoutMs);
    if (options.load !== null) tell(options.load);
    enter("loading");
  }

  function fail(message: MessageOf<"failed">) {
    const { code, message: text, retryable, stage } = message.error;
    if (message.id === null) return kill(text);
    settle(message.id, (entry) => {
      // A refusal of the input is a finished job as well: the process works.
      finishedJobs += 1;
      entry.settle.reject(new HumError(code, text, { retryable, stage }));
    });
  }

  function settle(id: string, conclude: (entry: Pending) => void) {
    const entry = pending.get(id);
    if (entry === undefined) return;
    pending.delete(id);
    entry.detach();
    conclude(entry);
    options.onChange();
  }

  function bury(exit: ChildExit) {
    clearTimeout(timeout);
    liveness.stop();
    detach();
    const wasReady = announced !== null;
    const reason = ending?.reason ?? (state === "stopping" ? "stopped" : describeExit(exit));
    const blame = ending?.blame ?? (state === "stopping" ? "outside" : blameOf(exit));
    const inFlight = [...pending.keys()];
    const explained = blame !== "outside" && pending.values().some(({ begun, request }) => begun && request.alone);
    for (const id of inFlight) {
      settle(id, ({ begun, request, settle: lost }) =>
        lost.reject(lostRequest(`${identity} ended: ${reason}`, { blame, begun, stage: stageOf(request.message) })),
      );
    }
    enter("stopped");
    death.resolve({ exit, reason, wasReady, finishedJobs, permanent: ending?.permanent ?? false, explained, inFlight });
  }

  return {
    identity,
    pid: child.pid ?? null,
    state: () => state,
    announced: () => announced,
    versions: () => versions,
    inFlight: () => pending.size,
    memoryBytes: () => memoryBytes,
    free: () => (state === "ready" && announced !== null ? announced.slots - pending.size : 0),
    died: death.promise,
    run(request) {
      const { id } = request.message;
      const entry: Pending = {
        request,
        begun: request.message.type === "decode",
        settle: Promise.withResolvers(),
        detach: () => undefined,
      };
      if (state !== "ready" || pending.has(id)) {
        const stage = stageOf(request.message);
        const message = `${identity} is ${state} and takes no job`;
        return Promise.reject(lostRequest(message, { blame: "outside", begun: false, stage }));
      }
      const cancel = () => tell({ type: "cancel", id });
      request.signal.addEventListener("abort", cancel, { once: true });
      entry.detach = () => request.signal.removeEventListener("abort", cancel);
      pending.set(id, entry);
      link.send(identity, request.message, request.payload ?? undefined).catch((error: HumError) => {
        // Credit says that it has room, so it is gone or stuck: the next try must not find it again.
        if (error.code === "sidecar_lost") kill(`it takes no ${request.message.type}`, { blame: "outside" });
        settle(id, ({ settle: lost }) =>
          lost.reject(
            error.code === "sidecar_lost"
              ? lostRequest(error.message, { blame: "outside", begun: false, stage: error.stage })
              : error,
          ),
        );
      });
      return entry.settle.promise;
    },
    async stop() {
      if (state === "stopped") return death.promise;
      // Before it is ready there is nothing to drain, and a load would not hear `stop` until it is done.
      const drainMs = state === "ready" ? stopGraceMs : 0;
      enter("stopping");
      tell({ type: "stop" });
      const drained = setTimeout(() => void child.stop(stopGraceMs), drainMs);
      try {
        return await death.promise;
      } finally {
        clearTimeout(drained);
      }
    },
  };
}

const stageOf = (message: Request["message"]) => (message.type === "decode" ? "decode" : "transcribe");
