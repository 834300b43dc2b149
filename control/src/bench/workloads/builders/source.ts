/** A source of speech, and what a builder finds in it before any audio is opened: clips, and what it had to leave out. */
import type { ManifestItem } from "../manifest.ts";

export type Candidate = Omit<ManifestItem, "sha256" | "duration_s">;

/** Something that the source has and the manifest will not have. */
export interface LeftOut {
  name: string;
  /** Equal for all that are left out for the same cause. */
  reason: string;
  /** What only this one has of it, such as the name of its twin. */
  detail?: string;
}

export interface Gathered {
  /** Of the manifest, and of its file. */
  name: string;
  builder: string;
  /** Where it comes from, in words. */
  source: string;
  licence: string | null;
  /** By which it was chosen what is in. */
  rules: string[];
  /** Absolute: the directory of the audio. */
  root: string;
  candidates: Candidate[];
  leftOut: LeftOut[];
}

/** Speech that comes as Debian packages, or with hum-helix itself. */
export interface PackagedSource {
  name: string;
  /** One line for a list. */
  title: string;
  language: string;
  /** What apt brings it with; none for what lies in the checkout. */
  packages: readonly string[];
  /** A file that is there where it is installed. */
  evidence: string;
  gather(): Promise<Gathered>;
}

/** Speech of a person's own, at a path. */
export interface PathSource {
  name: string;
  title: string;
  gather(path: string, options: { language: string | null }): Promise<Gathered>;
}

/** As the name of a file, and of a workload. */
export function plainName(text: string): string {
  const plain = text.replaceAll(/[^\w.-]+/g, "-").replaceAll(/^[-.]+|[-.]+$/g, "");
  return plain.slice(0, 64) || "speech";
}
