/** Models for tests that need no weights: entries of the scripted engine. */
import type { ModelEntry } from "../src/core/model.ts";

export const fakeModel = (name: string, more: Partial<ModelEntry> = {}): ModelEntry => ({
  name,
  aliases: [],
  engine: "fake",
  languages: "all",
  translates: true,
  revision: "scripted",
  path: "",
  ...more,
});
