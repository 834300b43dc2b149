/** What an installation tells while it works. */

export type InstallStep =
  | { step: "present" }
  | { step: "download"; doneBytes: number; totalBytes: number }
  | { step: "unpack" }
  | { step: "verify"; file: string }
  | { step: "installed"; bytes: number };

export type InstallProgress = (step: InstallStep) => void;
