/** Words for what a schema demands, after "it must be": zod's own speak of types, not of what to write. */
import type { z } from "zod";

export function allowed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(", ")}`;
    case "too_small":
      if (issue.origin === "string")
        return issue.minimum === 1 ? "text that is not empty" : `${issue.minimum} characters or more`;
      if (issue.origin === "array")
        return issue.minimum === 1 ? "a list that is not empty" : `a list of ${issue.minimum} or more`;
      return issue.inclusive === false ? `more than ${issue.minimum}` : `${issue.minimum} or more`;
    case "too_big":
      if (issue.origin === "string") return `text of ${issue.maximum} characters or less`;
      if (issue.origin === "array") return `a list of ${issue.maximum} or less`;
      return issue.inclusive === false ? `less than ${issue.maximum}` : `${issue.maximum} or less`;
    case "invalid_type":
      return kinds[issue.expected] ?? issue.expected;
    default:
      return issue.message;
  }
}

const kinds: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "a section with fields of its own",
  record: "a section with fields of its own",
};
