/** The transcript's text, whole and in growing pieces; nothing of it is changed but the space around it. */
import type { Transcript } from "../../core/transcript.ts";

export function plainText(transcript: Transcript): string {
  return transcript.segments
    .map((segment) => segment.text)
    .join("")
    .trim();
}

/** Takes texts as they come and gives what can be shown of them now: together exactly the whole text, trimmed. */
export function createTrimmer(): (text: string) => string {
  let begun = false;
  let held = "";
  return (text) => {
    const waiting = held + text;
    // Space at the end is held back until it proves to lie within the text.
    const shown = waiting.trimEnd();
    held = begun || shown !== "" ? waiting.slice(shown.length) : "";
    if (begun) return shown;
    begun = shown !== "";
    return shown.trimStart();
  };
}
