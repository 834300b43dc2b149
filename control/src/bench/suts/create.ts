/** A SUT from its definition. */
import type { SutDefinition } from "../definition/sut.ts";
import type { SutContext } from "./context.ts";
import { createFasterWhisper } from "./faster-whisper.ts";
import { createHumHelix } from "./hum-helix.ts";
import { createOpenAiHttp } from "./openai-http.ts";
import type { Sut } from "./sut.ts";

/** Starts and asks nothing yet. */
export function createSut(definition: SutDefinition, context: SutContext): Sut {
  switch (definition.kind) {
    case "hum-helix":
      return createHumHelix(definition, context);
    case "openai-http":
      return createOpenAiHttp(definition, context);
    case "faster-whisper":
      return createFasterWhisper(definition, context);
  }
}
