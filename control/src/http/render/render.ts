/** Transcript -> the body of each response format. */
import type { Transcript } from "../../core/transcript.ts";
import type { SpeechRequest } from "../options.ts";
import { renderSrt, renderVtt } from "./subtitles.ts";
import { plainText } from "./text.ts";
import { usageOf } from "./usage.ts";
import { renderVerbose } from "./verbose.ts";

export interface Rendered {
  contentType: string;
  body: string;
}

export function render(transcript: Transcript, asked: Pick<SpeechRequest, "format" | "show">): Rendered {
  switch (asked.format) {
    case "json":
      return json({ text: plainText(transcript), usage: usageOf(transcript) });
    case "verbose_json":
      return json(renderVerbose(transcript, asked.show));
    case "text":
      return plain(`${plainText(transcript)}\n`);
    case "srt":
      return plain(renderSrt(transcript));
    case "vtt":
      return plain(renderVtt(transcript));
  }
}

const json = (value: object): Rendered => ({ contentType: "application/json", body: JSON.stringify(value) });
const plain = (body: string): Rendered => ({ contentType: "text/plain; charset=utf-8", body });
