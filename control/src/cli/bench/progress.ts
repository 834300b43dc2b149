/** A benchmark's progress in words, for one line of a terminal. */
import type { RunProgress, TrialCount } from "../../bench/runner/progress.ts";
import { progressBar } from "../progress-bar.ts";

export function describeProgress(progress: RunProgress): string {
  const { trials } = progress;
  return `${progressBar(trials.planned === 0 ? 1 : trials.done / trials.planned)}  ${step(progress)} (${count(trials)})`;
}

function step(progress: RunProgress): string {
  switch (progress.step) {
    case "opening":
      return `starting ${progress.label}`;
    case "warmup":
      return `warming up ${progress.label}`;
    case "trial":
      return progress.item === null ? progress.label : `${progress.label}: ${progress.item}`;
    case "extending":
      return `${progress.undecided} comparisons are undecided: more trials`;
  }
}

function count({ done, planned, remaining_s }: TrialCount): string {
  const left = remaining_s === null ? "" : `, ${duration(remaining_s)} left`;
  return `${done} of ${planned}${left}`;
}

/** `8 s`, `2 min 5 s`, `1 h 10 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
