/** The run config: the parameters of one specific measurement, flat, so that any of them can be an axis of a matrix. */
import { z } from "zod";
import { jobOptionsSchema } from "../../core/options.ts";

/** What an engine is started with; a change of one of them needs another process or another load. */
const engineShape = {
  model: z.string().min(1).describe("Name or alias of the catalogue, or what a foreign server calls its model."),
  compute_type: z.string().min(1).describe("CTranslate2's compute type, such as int8 or float16; auto leaves it."),
  device: z.enum(["auto", "cpu", "cuda"]).describe("Where the model runs."),
  sidecars: z.int().min(1).max(64).describe("Engine processes of the server."),
  workers: z.int().min(0).max(64).describe("Engine calls that one process runs at a time; 0 leaves it to the server."),
  threads_per_worker: z.int().min(0).max(256).describe("Threads of each of them; 0 leaves it to the server."),
  max_batch: z.int().min(0).max(64).describe("Largest number of requests in one engine call; 0 leaves it."),
};

export const engineAxes = Object.keys(engineShape) as (keyof typeof engineShape)[];

/** Every parameter may be missing: then the SUT's own default is what is measured. */
export const runConfigSchema = z.strictObject({ ...engineShape, ...jobOptionsSchema.shape }).partial();
export type RunConfig = z.infer<typeof runConfigSchema>;
export type RunParameter = keyof RunConfig;

export const runParameters = Object.keys(runConfigSchema.shape) as RunParameter[];

/** A list of values for each parameter that is varied. */
export const matrixSchema = z
  .strictObject(
    Object.fromEntries(
      Object.entries(runConfigSchema.shape).map(([name, schema]) => [name, z.array(schema.unwrap()).min(1).max(256)]),
    ) as {
      [Name in RunParameter]: z.ZodArray<
        (typeof runConfigSchema.shape)[Name] extends z.ZodOptional<infer Value> ? Value : never
      >;
    },
  )
  .partial();
