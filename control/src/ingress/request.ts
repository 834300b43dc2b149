/** What a request over a bus asks for, as facts of a job: checked as HTTP checks its own. */
import type { Clock } from "../core/clock.ts";
import { HumError } from "../core/errors.ts";
import type { Job } from "../core/job.ts";
import { commonLanguageCodes, findLanguage } from "../core/languages.ts";
import type { Catalogue } from "../core/model.ts";
import { checkLanguage, checkTask } from "../core/model-abilities.ts";
import { defaultOptions, type JobOptions, jobOptionsSchema } from "../core/options.ts";
import { quote } from "../core/quote.ts";
import type { RequestCommand } from "./command.ts";

type Data = RequestCommand["data"];

/** On the monotonic clock; it may have passed. */
export function deadlineMsOf({ deadline }: Data, clock: Clock): number | null {
  return deadline === undefined ? null : clock.monotonicMs() + Date.parse(deadline) - clock.wallMs();
}

/** Throws HumError `bad_request` or `model_unknown`. */
export function understand(data: Data, catalogue: Catalogue): Pick<Job, "model" | "options" | "priority"> {
  const model = catalogue.resolve(data.model);
  const { vad_parameters, ...given } = data.options ?? {};
  const options: JobOptions = jobOptionsSchema.parse({
    ...defaultOptions,
    ...wellFormed(given),
    vad_parameters: { ...defaultOptions.vad_parameters, ...vad_parameters },
    task: checkTask(data.task ?? "transcribe", model),
    language: checkLanguage(languageOf(data.language), model),
  });
  return { model: model.name, options, priority: data.priority ?? "batch" };
}

function languageOf(written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  const code = findLanguage(written);
  if (code !== undefined) return code;
  const message = `language is ${quote(written)}; it must be an English language name or one of the codes ${commonLanguageCodes.join(" ")}`;
  throw new HumError("bad_request", message, { param: "language" });
}

/** JSON may hold halves of characters, which have no UTF-8. */
const wellFormed = (options: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, typeof value === "string" ? value.toWellFormed() : value]),
  );
