/** Makes the source of commands that settings ask for, and loads only that kind's code and client. */
import type { CommandSourceSettings } from "../core/command-settings.ts";
import { HumError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { CommandSource } from "./source.ts";

/** What every source is made with beside its settings. */
export interface SourceContext {
  /** This node among those that share the commands. */
  consumer: string;
  claimIdleMs: number;
  log: Log;
}

/** Connects nothing yet. Rejects with HumError `bad_request` where the settings cannot be used. */
export async function createSource(settings: CommandSourceSettings, _context: SourceContext): Promise<CommandSource> {
  throw new HumError("bad_request", `commands from ${settings.kind} cannot be read yet`);
}
