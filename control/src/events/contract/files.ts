/** Where proto/events has the contract: examples by hand, what is written from the code, and what was released. */
import { readdirSync, readFileSync } from "node:fs";
import type { Example } from "./asyncapi.ts";

const contractFolder = new URL("../../../../proto/events/", import.meta.url);
export const asyncApiFile = new URL("asyncapi.json", contractFolder);
export const schemaFolder = new URL("schemas/", contractFolder);
/** What was promised: changed by `npm run proto:release` only. */
export const releasedFile = new URL("released/v1.json", contractFolder);

export const readJson = (file: URL): unknown => JSON.parse(readFileSync(file, "utf8"));

/** `transcription.completed-too-long.json` is one more example of `transcription.completed`. */
export function readExamples(): Example[] {
  const folder = new URL("examples/", contractFolder);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .toSorted()
    .map((file) => {
      const title = file.replace(/\.json$/, "");
      return { name: title.replace(/-.*$/, ""), title, value: readJson(new URL(file, folder)) };
    });
}
