/** POST /v1/audio/translations: speech to English text. */
import type { Operation } from "../deps.ts";
import { serveSpeech } from "../speech.ts";

export const createTranslation: Operation = {
  method: "POST",
  path: "/v1/audio/translations",
  route: "/v1/audio/translations",
  open: false,
  handle: (c, deps) => serveSpeech(c, { deps, task: "translate" }),
};
