import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { samplePath, startServer } from "../e2e/server.ts";
import { ofForm } from "../form.ts";
import { alive } from "../processes.ts";

interface Slots {
  slots: { role: string; pid: number; in_flight: number; state: string }[];
}

const body = readFileSync(samplePath);
const clients = 4;
/** Stops take the watch's 3 to 5 s to be found. */
const [kills, stops] = [ofForm({ short: 5, full: 8 }), ofForm({ short: 1, full: 2 })];
const signals: NodeJS.Signals[] = [
  ...Array<"SIGKILL">(kills).fill("SIGKILL"),
  ...Array<"SIGSTOP">(stops).fill("SIGSTOP"),
];

test(`with real weights, ${kills} times kill -9 and ${stops} times SIGSTOP in mid-request: 4 clients get the same transcript each time`, {
  timeout: 180_000,
}, async () => {
  const { url, stop } = await startServer({
    HUM_MODEL: "tiny.en",
    // So many deaths in so little time find the same job alone more than twice.
    HUM_MAX_ATTEMPTS: "10",
  });
  onTestFinished(async () => void (await stop()));
  const engine = async () => {
    const { slots } = (await (await fetch(`${url}/readyz`)).json()) as Slots;
    return slots.find(({ role }) => role === "engine");
  };
  const ask = async () => {
    const path = `${url}/v1/audio/transcriptions?response_format=text`;
    const response = await fetch(path, { method: "POST", headers: { "content-type": "audio/wav" }, body });
    return `${response.status} ${await response.text()}`;
  };
  const wanted = await ask();
  expect(wanted).toMatch(/^200 .*ask not what your country can do for you/);

  const enough = new AbortController();
  onTestFinished(() => enough.abort());
  const answers: string[] = [];
  const work = Array.from({ length: clients }, async () => {
    while (!enough.signal.aborted) answers.push(await ask());
  });
  const pids = new Set<number>();
  for (const [number, signal] of signals.entries()) {
    // Between two deaths it does its work: otherwise it would be given up as a crash loop, and rightly so.
    const before = answers.length;
    await vi.waitFor(() => expect(answers.length).toBeGreaterThan(before), { timeout: 30_000, interval: 10 });
    const victim = await vi.waitFor(
      async () => {
        const slot = await engine();
        if (slot?.state !== "ready" || slot.in_flight === 0 || pids.has(slot.pid))
          throw new Error("no engine is at work");
        return slot.pid;
      },
      { timeout: 30_000, interval: 10 },
    );
    // Each at another moment of the work.
    await new Promise((resolve) => setTimeout(resolve, number * 40));
    process.kill(victim, signal);
    pids.add(victim);
    await vi.waitFor(() => expect(alive(victim)).toBe(false), { timeout: 15_000, interval: 10 });
  }
  enough.abort();
  await Promise.all(work);
  expect(pids.size).toBe(signals.length);
  expect(answers.length).toBeGreaterThanOrEqual(signals.length);
  expect(answers.filter((answer) => answer !== wanted)).toEqual([]);
});
