/** Systems under test in a definition: this server, any server with OpenAI's API, or plain faster-whisper. */
import { z } from "zod";
import { runConfigSchema, runParameters } from "./run-config.ts";

const name = z.string().regex(/^[\w.-]{1,64}$/, "1 to 64 letters, digits, '.', '_' or '-'");
const url = z.url({ protocol: /^https?$/, error: "a URL such as http://127.0.0.1:8000" });

/** Another server is asked with what it supports; `fixed` says what it always does with what it does not. */
const foreign = {
  api_key_env: z
    .string()
    .regex(/^\w+$/, "the name of an environment variable")
    .optional()
    .describe("Variable that holds the key which is sent as a bearer token."),
  models: z
    .record(z.string(), z.string())
    .default({})
    .describe("What it calls the models of the matrix, where its names differ."),
};

const humHelixSchema = z.strictObject({
  kind: z.literal("hum-helix"),
  name: name.default("hum-helix"),
  url: url.optional().describe("A server that runs; without it the harness starts one for each engine of the matrix."),
  api_key_env: foreign.api_key_env,
  settings: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("Fields of configs/default.yaml for the servers that the harness starts."),
});

const openaiHttpSchema = z.strictObject({
  kind: z.literal("openai-http"),
  name,
  url: url.describe("Its base URL, with /v1 or without."),
  ...foreign,
  supports: z
    .array(z.enum(runParameters as [string, ...string[]]))
    .default(["model", "language", "temperatures"])
    .describe("Parameters that it takes as form fields."),
  fixed: runConfigSchema
    .default({})
    .describe("Parameters that it cannot be told, with the value that it always has: such run configs are run."),
  response_format: z
    .enum(["verbose_json", "json"])
    .default("verbose_json")
    .describe("json for a server that does not know verbose_json; its answers then have no segments."),
});

const fasterWhisperSchema = z.strictObject({
  kind: z.literal("faster-whisper"),
  name: name.default("faster-whisper"),
  batched: z.boolean().default(false).describe("Through its BatchedInferencePipeline."),
});

export const sutSchema = z.discriminatedUnion("kind", [humHelixSchema, openaiHttpSchema, fasterWhisperSchema]);
export type SutDefinition = z.infer<typeof sutSchema>;
export type SutOf<Kind extends SutDefinition["kind"]> = Extract<SutDefinition, { kind: Kind }>;
