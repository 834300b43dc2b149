/** Why the hub did not give a model, as hum_sidecar.pull tells it, in a sentence that says what would be right. */
import { z } from "zod";
import type { HubSource } from "../core/model-source.ts";
import { noSpace } from "./space.ts";

const reason = z.string();
const endpoint = z.string();

export const failureSchema = z.discriminatedUnion("failed", [
  z.object({ failed: z.literal("offline") }),
  z.object({ failed: z.literal("unreachable"), reason, endpoint }),
  z.object({ failed: z.literal("refused"), status: z.number(), endpoint }),
  z.object({
    failed: z.literal("missing"),
    what: z.enum(["repository", "revision", "file"]),
    file: z.string(),
    endpoint,
  }),
  z.object({ failed: z.literal("answer"), status: z.number(), endpoint }),
  z.object({ failed: z.literal("no_space"), needed_bytes: z.number().nullable(), free_bytes: z.number() }),
  z.object({ failed: z.literal("mismatch"), reason }),
  z.object({ failed: z.literal("internal"), reason }),
]);
export type HubFailure = z.infer<typeof failureSchema>;

export function explain(failure: HubFailure, options: { source: HubSource; directory: string; model: string }): string {
  const { repository, revision } = options.source;
  switch (failure.failed) {
    case "offline":
      return `${repository} cannot be fetched, since HF_HUB_OFFLINE forbids it; unset it, then pull again`;
    case "unreachable":
      return (
        `${failure.endpoint} cannot be reached, or broke off: ${failure.reason}. ` +
        "Check the network, or set HF_ENDPOINT to a mirror; pulling again goes on from what is there"
      );
    case "refused":
      return failure.status === 401
        ? `${failure.endpoint} refuses ${repository} (401): it may be private, gated or gone; set HF_TOKEN to a token that may read it, or correct hub.repository in the catalogue`
        : `${failure.endpoint} refuses ${repository} (403): the token in HF_TOKEN may not read it; ask for access at ${failure.endpoint}/${repository}`;
    case "missing": {
      const missing = {
        repository,
        revision: `revision ${revision} of ${repository}`,
        file: `${failure.file} in ${repository} at ${revision}`,
      };
      return `${failure.endpoint} has no ${missing[failure.what]} (404); correct the hub section of ${options.model} in the catalogue`;
    }
    case "answer":
      return `${failure.endpoint} answers ${failure.status} for ${repository}; try again later: pulling again goes on from what is there`;
    case "no_space":
      return noSpace(options.directory, { neededBytes: failure.needed_bytes, freeBytes: failure.free_bytes }).message;
    case "mismatch":
      return `${options.model}/${failure.reason}`;
    case "internal":
      return `${repository} could not be fetched: ${failure.reason}`;
  }
}
