/** Row 20: the wall clock jumps by an hour, forth and back. */
import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/core/clock.ts";
import { spoolFileOf } from "../../src/events/spool/spool.ts";
import { memorySink, openFeedRig } from "../feed-rig.ts";
import { check, checkJobs, checkSequences } from "./checker.ts";
import { spooledJobEvents } from "./disk.ts";
import { receivedOf, startLoad } from "./load.ts";
import { atLeast, atMost, type Finding, faultless, holds, type Stage, scenario, until } from "./scenario.ts";
import { jobEventsOf, startClients, startNode } from "./server.ts";

const hourS = 3_600;
/** Where the clock stands after each jump, in seconds from the truth. */
const jumps = [hourS, 0, -hourS];
/** What is younger than this stays, whatever the clock says. */
const retentionS = 600;

interface Counts {
  /** Between two jumps. Retention looks around once a minute. */
  eachS: number;
}

export const clockJumps = scenario<Counts>({
  row: 20,
  title: "the wall clock jumps by an hour",
  counts: { short: { eachS: 1.5 }, full: { eachS: 70 } },
  timeoutMs: { short: 60_000, full: 900_000 },
  play: async (counts, stage) => [...(await jumpInjected(counts, stage)), ...(await jumpReal(counts, stage))],
});

/** The clock of a feed. */
async function jumpInjected({ eachS }: Counts, stage: Stage): Promise<Finding[]> {
  let aheadMs = 0;
  const clock = { ...systemClock, wallMs: () => systemClock.wallMs() + aheadMs };
  const { sink, events } = memorySink("memory");
  const options = { sinks: [sink], clock, spool: { retention_s: retentionS } };
  const rig = await openFeedRig(join(stage.dir, "injected"), options);
  stage.defer(rig.close);
  const load = startLoad(rig.feed, { ratePerS: 200 });
  stage.defer(load.stop);
  for (const jumpS of jumps) {
    aheadMs = jumpS * 1_000;
    await pause(eachS * 1_000);
  }
  await load.stop();
  await until("a sink that has all", { holds: () => rig.feed.health()[0]?.held === 0 });
  const received = events.map(({ json }) => receivedOf(json)).filter((event) => event !== null);
  const told = events.filter(({ name }) => name.startsWith("delivery.")).length;
  return [
    faultless(`a clock that is injected: ${load.told.length} events`, check({ told: load.told, received })),
    atMost("sinks called late or not any more", { seen: told, bound: 0 }),
    holds("oldest event that is kept", { seen: String(rig.spool.bounds().first), wanted: "1" }),
  ];
}

/** The clock of a whole node, by libfaketime; its bus and its sidecars have the true time. */
async function jumpReal({ eachS }: Counts, stage: Stage): Promise<Finding[]> {
  const library = findLibrary();
  if (library === null)
    return [{ what: "a node's clock", seen: "not tried: no libfaketime", bound: "none", isMet: true }];
  const file = join(stage.dir, "ahead");
  const jump = (seconds: number) => {
    writeFileSync(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}`);
    // At once: the library reads it whenever anybody asks for the time.
    renameSync(`${file}.new`, file);
  };
  jump(0);
  const dataDir = join(stage.dir, "real");
  const node = startNode(dataDir, {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    HUM_JOB_TIMEOUT_S: "20",
    HUM_SPOOL_RETENTION_S: String(retentionS),
  });
  stage.defer(node.stop);
  const load = startClients((await node.ready).url, { clients: 3 });
  stage.defer(load.stop);
  await pause(1_000);
  for (const jumpS of jumps) {
    jump(jumpS);
    stage.say(`the node's clock is ${jumpS} s ahead`);
    await pause(eachS * 1_000);
  }
  await load.stop();
  const { code } = await node.stop();
  const seen = jobEventsOf(spooledJobEvents(spoolFileOf(dataDir)));
  const times = seen.map(({ time }) => Date.parse(time));
  const spreadS = (Math.max(...times) - Math.min(...times)) / 1_000;
  const answers = [...load.answers.keys()].join(", ");
  return [
    faultless(
      `a node's clock: ${load.accepted.size} jobs`,
      checkJobs({ accepted: [...load.accepted], answered: [...load.answered], seen }),
    ),
    faultless(`${seen.length} events`, checkSequences(seen)),
    holds("answers", { seen: answers, wanted: "200" }),
    atLeast("it saw a span of", { seen: spreadS / hourS, bound: 1.9, unit: "hours", digits: 2 }),
    holds("ids", {
      seen: `${new Set(seen.map(({ id }) => id)).size} of ${seen.length}`,
      wanted: `${seen.length} of ${seen.length}`,
    }),
    atMost("ids older than the one before", { seen: descents(seen.map(({ id }) => id)), bound: 2 }),
    holds("the oldest event is kept", { seen: String(seen[0]?.sequence), wanted: "1" }),
    holds("it ends with", { seen: String(code), wanted: "0" }),
  ];
}

/** UUIDv7 begins with the time in milliseconds: it goes back only where the clock does. */
function descents(ids: readonly string[]): number {
  const times = ids.map((id) => Number.parseInt(id.replace("-", "").slice(0, 12), 16));
  return times.filter((time, index) => time < (times[index - 1] ?? 0)).length;
}

/** Where Debian's package faketime puts it, by the machine's kind. */
function findLibrary(): string | null {
  const places = existsSync("/usr/lib") ? readdirSync("/usr/lib") : [];
  const paths = places.map((place) => join("/usr/lib", place, "faketime/libfaketime.so.1"));
  return paths.find((path) => existsSync(path)) ?? null;
}
