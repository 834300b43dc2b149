import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchLiveness } from "./liveness.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("a peer that was heard is not pinged", () => {
  const ping = vi.fn();
  const watch = watchLiveness({ intervalMs: 1000, missedPings: 3, curious: () => false, ping, onSilent: vi.fn() });
  for (let second = 0; second < 10; second += 1) {
    watch.heard();
    vi.advanceTimersByTime(1000);
  }
  expect(ping).not.toHaveBeenCalled();
  watch.stop();
});

test("a silent peer is pinged and then told once, within five intervals", () => {
  const pings: number[] = [];
  const onSilent = vi.fn();
  watchLiveness({ intervalMs: 1000, missedPings: 3, curious: () => false, ping: (seq) => pings.push(seq), onSilent });
  vi.advanceTimersByTime(4000);
  expect(pings).toEqual([1, 2, 3]);
  expect(onSilent).not.toHaveBeenCalled();
  vi.advanceTimersByTime(60_000);
  expect(onSilent).toHaveBeenCalledTimes(1);
});

test("an answer to a ping starts the count anew", () => {
  const onSilent = vi.fn();
  const watch = watchLiveness({
    intervalMs: 1000,
    missedPings: 3,
    curious: () => false,
    ping: () => watch.heard(),
    onSilent,
  });
  vi.advanceTimersByTime(60_000);
  expect(onSilent).not.toHaveBeenCalled();
  watch.stop();
});

test("a peer that works is pinged although it was heard", () => {
  const ping = vi.fn();
  const watch = watchLiveness({ intervalMs: 1000, missedPings: 3, curious: () => true, ping, onSilent: vi.fn() });
  for (let second = 0; second < 10; second += 1) {
    watch.heard();
    vi.advanceTimersByTime(1000);
  }
  expect(ping).toHaveBeenCalledTimes(10);
  watch.stop();
});
