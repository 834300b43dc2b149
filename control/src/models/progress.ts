/** What an installation tells while it works. */

export type InstallStep =
  /** Another process pulls the same model. */
  | { step: "wait" }
  | { step: "download"; doneBytes: number; totalBytes: number }
  | { step: "unpack" }
  | { step: "verify"; file: string };

export type InstallProgress = (step: InstallStep) => void;
