/** Where the checkout lies on disk: what the built-in defaults, the catalogue and the samples are relative to. */
import { fileURLToPath } from "node:url";
import manifest from "../../../package.json" with { type: "json" };

export const checkoutRoot = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

export const version: string = manifest.version;
