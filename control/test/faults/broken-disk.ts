/** Row 6: the spool's disk is full, or takes no more writes, under a node that works. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { spoolFileOf } from "../../src/events/spool/spool.ts";
import { checkJobs, checkSequences } from "./checker.ts";
import { checkDatabase, freezeDatabase, mountSmallDisk, spooledJobEvents } from "./disk.ts";
import { atMost, type Finding, faultless, holds, type Stage, scenario, until } from "./scenario.ts";
import { type Clients, jobEventsOf, startClients, startNode } from "./server.ts";

/** Beside the bus and what it writes, so that the disk is full of what it should be. */
const diskMegabytes = 96;
/** In which a node that is asked for more than it can keep must refuse. */
const refusedWithinMs = 30_000;

export const brokenDisk = scenario({
  row: 6,
  title: "the spool's disk is full, or read-only",
  counts: { short: { rounds: 1, brokenS: 2 }, full: { rounds: 5, brokenS: 20 } },
  timeoutMs: { short: 180_000, full: 900_000 },
  async play({ rounds, brokenS }, stage) {
    const disk = mountSmallDisk(stage, { megabytes: diskMegabytes });
    const dataDir = join(stage.dir, "data");
    const counts = { rounds, brokenS };
    const plans: (Plan | null)[] = [
      disk && { name: "full", dataDir: join(disk.dir, "data"), ...counts, strike: disk.fill },
      canFreeze(stage.dir)
        ? { name: "read-only", dataDir, ...counts, strike: () => freezeSpool(dataDir, stage) }
        : null,
    ];
    const findings: Finding[] = [];
    for (const plan of plans) findings.push(...(plan === null ? [notTried] : await breakAndMend(stage, plan)));
    return findings;
  },
});

const notTried = { what: "a disk that breaks", seen: "not tried: this takes root", bound: "none", isMet: true };

function canFreeze(dir: string): boolean {
  const probe = join(dir, "probe");
  writeFileSync(probe, "");
  const thaw = freezeDatabase(probe);
  thaw?.();
  return thaw !== null;
}

function freezeSpool(dataDir: string, stage: Stage): () => void {
  const thaw = freezeDatabase(spoolFileOf(dataDir));
  if (thaw === null) throw new Error(`${spoolFileOf(dataDir)} cannot be made immutable`);
  stage.defer(thaw);
  return thaw;
}

interface Plan {
  name: string;
  dataDir: string;
  rounds: number;
  brokenS: number;
  /** Breaks the disk, and returns what mends it. */
  strike(): () => unknown;
}

async function breakAndMend(stage: Stage, { name, dataDir, rounds, brokenS, strike }: Plan): Promise<Finding[]> {
  const node = startNode(dataDir, { HUM_LOG_LEVEL: "error" });
  stage.defer(node.stop);
  const { url } = await node.ready;
  const load = startClients(url, { clients: 4 });
  stage.defer(load.stop);
  const count = (status: string) => load.answers.get(status) ?? 0;
  const untilMore = (status: string) => {
    const before = count(status);
    return until(`an answer ${status}`, {
      holds: () => count(status) > before,
      timeoutMs: refusedWithinMs,
      everyMs: 20,
    });
  };
  const mendedMs: number[] = [];
  const readiness = new Set<number>();
  for (let round = 0; round < rounds; round += 1) {
    await untilMore("200");
    const mend = strike();
    await untilMore("503");
    await pause(brokenS * 1_000);
    readiness.add((await fetch(`${url}/readyz`)).status);
    mend();
    mendedMs.push(await untilMore("200"));
    stage.say(`${name}, round ${round + 1} of ${rounds}: mended after ${mendedMs.at(-1)?.toFixed(0)} ms`);
  }
  await load.stop();
  const { code } = await node.stop();
  return [
    ...judge(name, { load, path: spoolFileOf(dataDir) }),
    holds(`${name}: /readyz meanwhile`, { seen: [...readiness].join(", "), wanted: "503" }),
    atMost(`${name}: work is taken again after`, { seen: Math.max(...mendedMs), bound: 10_000, unit: "ms" }),
    holds(`${name}: the node then ends with`, { seen: String(code), wanted: "0" }),
  ];
}

function judge(name: string, { load, path }: { load: Clients; path: string }): Finding[] {
  const seen = jobEventsOf(spooledJobEvents(path));
  const answers = [...load.answers].map(([status, times]) => `${times}x ${status}`).join(", ");
  return [
    faultless(
      `${name}: ${load.accepted.size} jobs (${answers})`,
      checkJobs({ accepted: [...load.accepted], answered: [...load.answered], seen }),
    ),
    faultless(`${name}: ${seen.length} events`, checkSequences(seen)),
    holds(`${name}: integrity check`, { seen: checkDatabase(path), wanted: "ok" }),
  ];
}
