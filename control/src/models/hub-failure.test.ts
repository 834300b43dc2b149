import { expect, test } from "vitest";
import { explain, type HubFailure } from "./hub-failure.ts";

const source = { kind: "hub" as const, repository: "someone/small", revision: "c".repeat(40), files: {} };
const endpoint = "https://hub.example";

const cases: [HubFailure, string][] = [
  [
    { failed: "offline" },
    "someone/small cannot be fetched, since HF_HUB_OFFLINE forbids it; unset it, then pull again",
  ],
  [
    { failed: "unreachable", reason: "timed out", endpoint },
    "https://hub.example cannot be reached, or broke off: timed out",
  ],
  [{ failed: "refused", status: 401, endpoint }, "set HF_TOKEN to a token that may read it"],
  [{ failed: "refused", status: 403, endpoint }, "ask for access at https://hub.example/someone/small"],
  [{ failed: "missing", what: "repository", file: "model.bin", endpoint }, "has no someone/small (404)"],
  [{ failed: "missing", what: "revision", file: "model.bin", endpoint }, `has no revision ${source.revision} of`],
  [{ failed: "missing", what: "file", file: "model.bin", endpoint }, "has no model.bin in someone/small at ccc"],
  [{ failed: "answer", status: 503, endpoint }, "answers 503 for someone/small; try again later"],
  [
    { failed: "no_space", needed_bytes: 5e9, free_bytes: 2e9 },
    "5.0 GB are needed on the disk of /models, but 2.0 GB are free: free another 3.0 GB",
  ],
  [
    { failed: "no_space", needed_bytes: null, free_bytes: 0 },
    "the disk of /models is full: free some, or set HUM_MODEL_DIR",
  ],
  [{ failed: "mismatch", reason: "model.bin has 5 bytes" }, "small/model.bin has 5 bytes"],
  [{ failed: "internal", reason: "KeyError: x" }, "someone/small could not be fetched: KeyError: x"],
];

test.each(cases)("%j becomes a sentence that says what would be right", (failure, sentence) => {
  expect(explain(failure, { source, directory: "/models", model: "small" })).toContain(sentence);
});
