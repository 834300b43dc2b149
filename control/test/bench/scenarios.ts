/** What is measured of a subject: each scenario gives one number, smaller is better, and notes what was said. */
import type { Clip, Corpus } from "./corpus.ts";
import { percentile } from "./statistics.ts";
import type { Answer, Asked, Subject } from "./subjects.ts";

export interface Scenario {
  name: string;
  unit: string;
  /** The most that the ratio to faster-whisper's defaults may be (targets.md); null where there is none. */
  target: number | null;
  /** Costly ones run in the first blocks only. */
  isLong: boolean;
  /** `hear` is called with every answer, to be compared between subjects. */
  run(subject: Subject, hear: (key: string, answer: Answer) => void): Promise<number>;
}

const given: Asked = { language: "en", beam_size: 5 };
const auto: Asked = { language: null, beam_size: 5 };
const greedy: Asked = { language: "en", beam_size: 1 };
const atOnce = 8;
const shortEveryMs = 4000;

export function makeScenarios(corpus: Corpus): Scenario[] {
  const lone =
    (asked: Asked): Scenario["run"] =>
    async (subject, hear) => {
      const beganMs = performance.now();
      hear("", await subject.transcribe(corpus.lone.path, asked));
      return (performance.now() - beganMs) / 1000;
    };
  const many =
    (asked: Asked): Scenario["run"] =>
    async (subject, hear) => {
      const left = [...corpus.mixed.entries()];
      const beganMs = performance.now();
      const work = async () => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) {
          const [index, clip] = next;
          hear(String(index), await subject.transcribe(clip.path, asked));
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
      return (performance.now() - beganMs) / 1000 / corpus.mixed.length;
    };
  const whole =
    (clip: Clip): Scenario["run"] =>
    async (subject, hear) => {
      const beganMs = performance.now();
      hear("", await subject.transcribe(clip.path, given));
      return (performance.now() - beganMs) / 1000;
    };
  return [
    { name: "lone 11 s clip, language given", unit: "s", target: 0.85, isLong: false, run: lone(given) },
    { name: "lone 11 s clip, language auto", unit: "s", target: 0.65, isLong: false, run: lone(auto) },
    { name: "8 at once, given, beam 5", unit: "s/clip", target: 1 / 1.9, isLong: false, run: many(given) },
    { name: "8 at once, auto, beam 5", unit: "s/clip", target: 1 / 2.4, isLong: false, run: many(auto) },
    { name: "8 at once, given, beam 1", unit: "s/clip", target: 1 / 1.6, isLong: false, run: many(greedy) },
    { name: "10-minute file", unit: "s", target: 0.75, isLong: true, run: whole(corpus.file10) },
    { name: "short clips beside a 5-minute file, p95", unit: "s", target: null, isLong: true, run: beside(corpus) },
  ];
}

/** A short clip every few seconds for as long as the long file takes. */
function beside(corpus: Corpus): Scenario["run"] {
  return async (subject, hear) => {
    let isLongDone = false;
    const long = subject.transcribe(corpus.file5.path, given).then((answer) => {
      isLongDone = true;
      hear("long", answer);
    });
    const took: Promise<number>[] = [];
    while (!isLongDone) {
      const beganMs = performance.now();
      took.push(
        subject.transcribe(corpus.lone.path, given).then((answer) => {
          hear("short", answer);
          return (performance.now() - beganMs) / 1000;
        }),
      );
      await Promise.race([long, new Promise((resolve) => setTimeout(resolve, shortEveryMs))]);
    }
    return percentile(await Promise.all(took), 0.95);
  };
}
