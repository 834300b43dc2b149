/** What a model is to the rest of the control plane; the catalogue that reads configs/models.yaml makes them. */

export interface ModelEntry {
  /** Canonical name; may hold a slash. */
  name: string;
  aliases: string[];
  /** Which engine of the sidecar reads it, such as faster-whisper. */
  engine: string;
  /** ISO 639-1 codes it understands, or "all" of Whisper's. */
  languages: "all" | string[];
  /** Whether it can translate to English. */
  translates: boolean;
  /** What pins the weights: a hub revision, the weights' sha256 in short, or a package's version; `unpinned` for the user's own. */
  revision: string;
  /** Absolute directory of the weights; empty for engines that bring their own. */
  path: string;
}

export interface Catalogue {
  readonly defaultModel: ModelEntry;
  /**
   * By name or alias; undefined and "whisper-1" mean the default.
   * Throws HumError `model_unknown`, with what exists, for a name that is unknown or not installed.
   */
  resolve(name: string | undefined): ModelEntry;
  list(): { model: ModelEntry; installed: boolean }[];
}
