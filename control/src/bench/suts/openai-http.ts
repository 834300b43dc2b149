/** Any server with OpenAI's API for transcriptions, at its base URL: asked with what its definition says that it takes. */
import { HumError } from "../../core/errors.ts";
import { toError } from "../../core/to-error.ts";
import type { SutOf } from "../definition/sut.ts";
import { apiKeyOf } from "./api-key.ts";
import { createTrialAudio } from "./audio.ts";
import { createSpeechClient } from "./http-speech.ts";
import { networkOutcome } from "./network.ts";
import { openAiFields } from "./openai-fields.ts";
import type { Sut, SutInstance } from "./sut.ts";

export function createOpenAiHttp(
  definition: SutOf<"openai-http">,
  { env }: { env: Readonly<Record<string, string | undefined>> },
): Sut {
  const { name, kind, response_format } = definition;
  const base = `${definition.url.replace(/\/+$/, "").replace(/\/v1$/, "")}/v1`;
  return {
    name,
    kind,
    unsupported: async (config) => openAiFields(config, definition).untold,
    instanceKey: () => "",
    async open(_config, { signal, startTimeoutMs }) {
      const apiKey = apiKeyOf(definition.api_key_env, env);
      const facts = await lookAt(base, {
        apiKey,
        signal: AbortSignal.any([signal, AbortSignal.timeout(startTimeoutMs)]),
      });
      const client = createSpeechClient(base, { apiKey });
      const audio = createTrialAudio();
      return {
        facts,
        opening: { process_start_s: null, load_s: null },
        pids: [],
        prepare: audio.read,
        async transcribe({ item, config, streaming, signal: left }) {
          const { fields, task } = openAiFields(config, definition);
          const format: [string, string][] = streaming
            ? [
                ["response_format", "json"],
                ["stream", "true"],
              ]
            : [["response_format", response_format]];
          const request = { task, fields: [...fields, ...format], file: audio.of(item), signal: left };
          return client.ask(request).catch((error) => networkOutcome(error, { url: base, signal: left }));
        },
        async close() {
          client.close();
        },
      } satisfies SutInstance;
    },
  };
}

/** Whatever it answers, it is there; only a key that it refuses would be refused by every request. */
async function lookAt(
  base: string,
  { apiKey, signal }: { apiKey: string | null; signal: AbortSignal },
): Promise<Record<string, string>> {
  const headers: Record<string, string> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  const response = await fetch(`${base}/models`, { headers, signal }).catch((thrown: unknown) => {
    const { cause, message } = toError(thrown);
    const why = cause instanceof Error ? cause.message : message;
    throw new HumError("loading", `no server answers at ${base}: ${why}`, { cause: thrown });
  });
  await response.body?.cancel();
  if (response.status === 401 || response.status === 403) {
    throw new HumError("loading", `the server at ${base} refuses the key (status ${response.status}); set api_key_env`);
  }
  const server = response.headers.get("server");
  return { url: base, ...(server === null ? {} : { server }) };
}
