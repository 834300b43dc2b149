/** When a dead sidecar is started again: backoff with jitter, and when to give a slot up. Policy only, no processes. */

export interface RestartSettings {
  backoffMs: number;
  maxBackoffMs: number;
  /** Deaths in a row without a finished job. */
  maxFailures: number;
}

export interface Demise {
  wasReady: boolean;
  finishedJobs: number;
  /** What starting it again cannot mend, such as another protocol. */
  permanent: boolean;
  /** The input that ended it is known, and is not sent again. */
  explained: boolean;
}

export type Verdict = { respawn: true; delayMs: number } | { respawn: false; reason: string };

export interface RestartPolicy {
  judge(demise: Demise): Verdict;
  /** A slot that was given up is tried again: what was counted is forgotten. */
  forgive(): void;
}

/** Twice without ever being ready is no accident: the model or the installation is broken. */
const maxNeverReady = 2;

/** `random` gives [0, 1). The delay is half fixed and half jitter, so that slots that died together do not return together. */
export function createRestartPolicy(settings: RestartSettings, random: () => number = Math.random): RestartPolicy {
  let failures = 0;
  let neverReady = 0;
  /** Whether it ever did what it is for: only then may an input be to blame for its death. */
  let proven = false;
  const delay = (doublings: number) => {
    const ceiling = Math.min(settings.maxBackoffMs, settings.backoffMs * 2 ** doublings);
    return ceiling / 2 + (ceiling / 2) * random();
  };
  return {
    judge(demise) {
      if (demise.permanent) return { respawn: false, reason: "it cannot work here" };
      if (demise.finishedJobs > 0) {
        failures = 0;
        proven = true;
      }
      if (demise.explained && proven) {
        failures = 0;
        neverReady = 0;
        return { respawn: true, delayMs: delay(0) };
      }
      failures += 1;
      neverReady = demise.wasReady ? 0 : neverReady + 1;
      if (neverReady >= maxNeverReady) return { respawn: false, reason: `never ready, ${neverReady} times in a row` };
      if (failures > settings.maxFailures) {
        return { respawn: false, reason: `${failures} deaths in a row without a finished job` };
      }
      return { respawn: true, delayMs: delay(failures - 1) };
    },
    forgive() {
      failures = 0;
      neverReady = 0;
    },
  };
}
