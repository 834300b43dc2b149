/** How long `vi.waitFor` waits where a test says nothing: its own second is too short for a machine that does something else too. */
import { inject, vi } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    patienceMs: number;
  }
}

const { waitFor } = vi;
const timeout = inject("patienceMs");

vi.waitFor = (callback, options = {}) =>
  waitFor(callback, { timeout, ...(typeof options === "number" ? { timeout: options } : options) });
