/** POST /v1/audio/transcriptions: speech to text in the language that was spoken. */
import type { Operation } from "../deps.ts";
import { serveSpeech } from "../speech.ts";

export const createTranscription: Operation = {
  method: "POST",
  path: "/v1/audio/transcriptions",
  route: "/v1/audio/transcriptions",
  open: false,
  handle: (c, deps) => serveSpeech(c, { deps, task: "transcribe" }),
};
