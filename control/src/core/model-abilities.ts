/** What a model can do: whether it can be asked for a task or a language. */
import { HumError } from "./errors.ts";
import { commonLanguageCodes, languageName } from "./languages.ts";
import type { ModelEntry } from "./model.ts";
import type { JobOptions } from "./options.ts";
import { quote } from "./quote.ts";

/** Throws HumError `bad_request` where the model cannot. */
export function checkTask(task: JobOptions["task"], model: ModelEntry): JobOptions["task"] {
  if (task === "transcribe" || model.translates) return task;
  throw wrong("model", `model ${quote(model.name)} cannot translate; ask for a multilingual model`);
}

/** The language that a job gets; null to detect it. Throws HumError `bad_request` for one that the model does not know. */
export function checkLanguage(code: string | undefined, model: ModelEntry): string | null {
  const spoken = model.languages === "all" ? commonLanguageCodes : model.languages;
  // A model of one language has nothing to detect.
  if (code === undefined) return spoken.length === 1 ? (spoken[0] ?? null) : null;
  if (spoken.includes(code)) return code;
  const message =
    `language is ${quote(code)} (${languageName(code)}), which model ${quote(model.name)} does not understand; ` +
    `it must be one of ${spoken.join(" ")}`;
  throw wrong("language", message);
}

const wrong = (param: string, message: string) => new HumError("bad_request", message, { param });
