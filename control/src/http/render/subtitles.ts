/** srt and vtt: one cue for each segment that has text. */
import type { Segment, Transcript } from "../../core/transcript.ts";

/** SubRip has no escapes: only what would break a cue is replaced, as OpenAI's own writer does. */
export function renderSrt(transcript: Transcript): string {
  return cues(transcript)
    .map((cue, index) => {
      const text = oneBlock(cue.text).replaceAll("-->", "->");
      return `${index + 1}\n${stamp(cue.start, ",")} --> ${stamp(cue.end, ",")}\n${text}\n\n`;
    })
    .join("");
}

/** https://www.w3.org/TR/webvtt1/#webvtt-cue-text */
export function renderVtt(transcript: Transcript): string {
  const blocks = cues(transcript).map((cue) => {
    const text = oneBlock(cue.text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return `${stamp(cue.start, ".")} --> ${stamp(cue.end, ".")}\n${text}\n\n`;
  });
  return `WEBVTT\n\n${blocks.join("")}`;
}

const cues = (transcript: Transcript): Segment[] => transcript.segments.filter((segment) => segment.text.trim() !== "");

/** An empty line would end the cue. */
const oneBlock = (text: string) => text.trim().replaceAll(/\s*[\r\n]\s*/g, "\n");

function stamp(seconds: number, separator: string): string {
  const ms = Math.max(0, Math.round(seconds * 1000));
  const part = (value: number, digits = 2) => String(Math.floor(value)).padStart(digits, "0");
  const clock = [part(ms / 3_600_000), part((ms / 60_000) % 60), part((ms / 1000) % 60)].join(":");
  return `${clock}${separator}${part(ms % 1000, 3)}`;
}
