/** verbose_json: the transcript with its segments and words, in OpenAI's field names. */
import { languageName } from "../../core/languages.ts";
import type { Segment, Transcript, Word } from "../../core/transcript.ts";
import { plainText } from "./text.ts";

export function renderVerbose(transcript: Transcript, show: { segments: boolean; words: boolean }) {
  const { task, segments } = transcript;
  return {
    task,
    // A translation's text is English, whatever was spoken.
    language: task === "translate" ? "english" : languageName(transcript.language),
    duration: transcript.duration_s,
    text: plainText(transcript),
    ...(show.segments && { segments: segments.map(verboseSegment) }),
    ...(show.words && { words: segments.flatMap((segment) => (segment.words ?? []).map(verboseWord)) }),
  };
}

function verboseSegment(segment: Segment, index: number) {
  const { words: _, ...facts } = segment;
  return { ...facts, id: index };
}

const verboseWord = ({ word, start, end }: Word) => ({ word: word.trim(), start, end });
