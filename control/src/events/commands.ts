/** What the node can be asked to do over a bus: commands, which are CloudEvents too, and the schema of each one's data. */
import { z } from "zod";
import { maxMemoryBytes, priorities, requestIdPattern } from "../core/job.ts";
import { jobOptionsSchema } from "../core/options.ts";
import { traceparentPattern } from "./envelope.ts";

/** The Redis stream that commands are read from, by a consumer group. */
export const commandStream = "{humhelix}:commands:v1";
/** What could not be read, or never came to an end, is set aside there. */
export const deadCommandStream = `${commandStream}:dead`;

const requestId = z.string().regex(requestIdPattern).describe("What the sender calls its request; may come again.");
const jobId = z.string().min(1).max(128);
/** CloudEvents allows no control characters in an attribute. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it keeps out
const commandId = z.string().regex(/^[^\u0000-\u001f\u007f-\u009f]{1,256}$/);

const mediaType = z
  .string()
  .max(256)
  .regex(/^[\w.+-]+\/[\w.+-]+(\s*;.*)?$/);

const audio = z
  .union([
    z.strictObject({
      path: z
        .string()
        .regex(/^\//, "must be absolute")
        .max(4096)
        .describe("A file on the node, in a directory that its configuration allows."),
    }),
    z.strictObject({
      url: z
        .url()
        .regex(/^https?:\/\//i, "must begin with http:// or https://")
        .max(8192)
        .describe("Fetched by the node, where its configuration allows it."),
    }),
    z.strictObject({
      data: z
        .base64()
        .max(4 * Math.ceil(maxMemoryBytes / 3))
        .describe("The bytes of a media file in base64: at most 1 MiB before encoding."),
      media_type: mediaType,
    }),
  ])
  .describe("Exactly one way to the audio.");

/** Those of a job; what is left out is as the node's defaults have it. */
const options = jobOptionsSchema
  .omit({ task: true, language: true })
  .extend({ vad_parameters: jobOptionsSchema.shape.vad_parameters.partial().strict() })
  .partial()
  .strict();

const request = z
  .strictObject({
    audio,
    model: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe("A name or alias of the catalogue; the node's default if absent."),
    task: z.enum(["transcribe", "translate"]).optional().describe("`transcribe` if absent."),
    language: z.string().min(1).max(64).optional().describe("ISO 639-1 code or English name; detected if absent."),
    options: options.optional().describe("By faster-whisper's names; each that is absent is as the node has it."),
    priority: z.enum(priorities).optional().describe("`batch` if absent."),
    deadline: z.iso
      .datetime({ offset: true })
      .optional()
      .describe("RFC 3339: not answered by then, the job is given up."),
    request_id: requestId
      .optional()
      .describe("The `correlationid` of every event of the job; the job's own id if absent."),
  })
  .describe("Transcribe this. Answered by the events of a job whose `causationid` is the command's id.");

const cancel = z
  .union([
    z.strictObject({ job_id: jobId.describe("The job.") }),
    z.strictObject({ request_id: requestId.describe("Every job of that request.") }),
    z.strictObject({ command_id: commandId.describe("Every job that the command of that id caused.") }),
  ])
  .describe("Give this up. Ignored where there is no such job, or it has ended.");

export const commandSchemas = { "transcription.request": request, "transcription.cancel": cancel };
export type CommandName = keyof typeof commandSchemas;

export const commandNames = Object.keys(commandSchemas) as CommandName[];

export const commandTypeOf = <Name extends CommandName>(name: Name): `io.humhelix.${Name}.v1` =>
  `io.humhelix.${name}.v1`;

/** The envelope: what a CloudEvent must have, and what we make use of; whatever else it has is ignored. */
export const commandEnvelopeSchema = z.looseObject({
  specversion: z.literal("1.0"),
  id: commandId.describe("The sender's choice: a command whose source and id came before is the same command."),
  source: z.string().min(1).max(1024).describe("The sender, as a URI reference."),
  type: z.enum(commandNames.map(commandTypeOf)),
  time: z.iso.datetime({ offset: true }).optional(),
  datacontenttype: z.literal("application/json").optional(),
  traceparent: z
    .string()
    .regex(traceparentPattern)
    .optional()
    .describe("W3C Trace Context; told on with every event of the job."),
  data: z.unknown(),
});

const commandOf = <Name extends CommandName>(name: Name) =>
  commandEnvelopeSchema.extend({ type: z.literal(commandTypeOf(name)), data: commandSchemas[name] });

export const commandSchema = z.discriminatedUnion("type", [
  commandOf("transcription.request"),
  commandOf("transcription.cancel"),
]);
