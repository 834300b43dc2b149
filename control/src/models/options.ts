/** What an installation is given, and what each kind of source is given of it. */
import type { InstallProgress } from "./progress.ts";

export interface InstallOptions {
  modelDir: string;
  /** A Python with pip and huggingface_hub. */
  python: string;
  /** Holds the Python package hum_sidecar. */
  packageDir: string;
  /** What pip and the hub's client see: the user's own settings of index, hub, proxy and certificates are in it. */
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  onProgress: InstallProgress;
}

export interface StageOptions extends InstallOptions {
  model: string;
  /** The model's own, which no other process uses meanwhile. */
  staging: string;
  /** In it, where the files go that will be the model's directory. */
  directory: string;
}
