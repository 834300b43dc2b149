/** Row 3: the control plane is killed at random moments under load. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connectRedis } from "../../src/events/clients/redis.ts";
import { checkJobs, checkSequences } from "./checker.ts";
import { createRandom } from "./random.ts";
import { jsonOf } from "./redis-bench.ts";
import { atLeast, atMost, type Finding, faultless, type Stage, scenario } from "./scenario.ts";
import { type Clients, jobEventsOf, type Node, startClients, startNode } from "./server.ts";

const patienceMs = 20_000;

export const nodeKills = scenario({
  row: 3,
  title: "the control plane is killed at random moments",
  counts: { short: { kills: 6, clients: 6 }, full: { kills: 50, clients: 6 } },
  timeoutMs: { short: 180_000, full: 1_200_000 },
  async play({ kills, clients }, stage) {
    const dataDir = join(stage.dir, "data");
    const random = createRandom(3);
    const accepted = new Set<string>();
    const answered = new Set<string>();
    const spawnedMs: number[] = [];
    const start = () => {
      const node = startNode(dataDir);
      stage.defer(node.stop);
      spawnedMs.push(node.spawnedMs);
      return node;
    };
    for (let kill = 0; kill < kills; kill += 1) {
      // Every third one dies while it starts.
      await die(start(), { afterMs: 50 + random() * (kill % 3 === 2 ? 1_500 : 2_500), whileStarting: kill % 3 === 2 });
    }
    const last = start();
    const { url, redisUrl } = await last.ready;
    const load = startClients(url, { clients });
    await pause(1_000);
    await load.stop();
    remember(load);
    return judge({ redisUrl, accepted: [...accepted], answered: [...answered], spawnedMs, kills }, stage);

    function remember(clients: Clients | null): void {
      for (const job of clients?.accepted ?? []) accepted.add(job);
      for (const job of clients?.answered ?? []) answered.add(job);
    }

    async function die(node: Node, { afterMs, whileStarting }: { afterMs: number; whileStarting: boolean }) {
      let load: Clients | null = null;
      if (!whileStarting) load = startClients((await node.ready).url, { clients });
      await pause(afterMs);
      node.kill("SIGKILL");
      await node.exited;
      await load?.stop();
      remember(load);
      const when = whileStarting ? "after its spawn" : "after the first request";
      stage.say(`killed ${afterMs.toFixed(0)} ms ${when}, ${load?.accepted.size ?? 0} jobs accepted`);
    }
  },
});

async function judge(
  facts: {
    redisUrl: string;
    accepted: readonly string[];
    answered: readonly string[];
    spawnedMs: readonly number[];
    kills: number;
  },
  stage: Stage,
): Promise<Finding[]> {
  const { redisUrl, accepted, answered, spawnedMs, kills } = facts;
  const bus = await connectRedis({ url: redisUrl, name: "consumer", commandTimeoutMs: 10_000 });
  stage.defer(bus.close);
  const deadlineMs = performance.now() + patienceMs;
  // Those of the last clients have all been answered, and thus told.
  for (;;) {
    const events = jobEventsOf(await jsonOf(bus, "transcription"));
    const verdict = checkJobs({ accepted, answered, seen: events });
    if (verdict.endless + verdict.unheard > 0 && performance.now() < deadlineMs) {
      await pause(100);
      continue;
    }
    const interrupted = events.filter(({ code }) => code === "interrupted");
    const replayedMs = interrupted.map(({ time }) => {
      const atMs = Date.parse(time);
      return atMs - Math.max(...spawnedMs.filter((spawned) => spawned <= atMs));
    });
    return [
      faultless(`${accepted.length} jobs accepted, ${kills} kills`, verdict),
      faultless(`${events.length} events in the stream`, checkSequences(events)),
      atLeast("jobs that were interrupted", { seen: interrupted.length, bound: kills / 3 }),
      atMost("interrupted jobs ended after the spawn", { seen: Math.max(...replayedMs), bound: 3_000, unit: "ms" }),
    ];
  }
}
