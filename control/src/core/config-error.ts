/** A configuration or catalogue that cannot be used: every problem in it, each with its place, as one message. */
import { HumError } from "./errors.ts";

export interface ConfigProblem {
  /** Where the value came from, such as `hum.yaml:12` or `HUM_HTTP_PORT`. */
  place: string;
  /** What is wrong there, with the value, and what would be right. */
  message: string;
}

export class ConfigError extends HumError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super("bad_request", problems.map(({ place, message }) => `${place}: ${message}`).join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}
