/** The sources that a person names by a path. */
import { commonVoiceSource } from "./common-voice.ts";
import { folderSource } from "./folder.ts";
import { librispeechSource } from "./librispeech.ts";
import type { PathSource } from "./source.ts";

export const pathSources: readonly PathSource[] = [folderSource, librispeechSource, commonVoiceSource];
