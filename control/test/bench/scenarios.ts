/** What is measured of those who hear speech: a scenario is one task, and each of its rows one way to have it done. */
import type { Clip, Corpus } from "./corpus.ts";
import type { ScenarioName } from "./options.ts";
import { percentile } from "./statistics.ts";
import type { Answer, Asked, Process, Subject } from "./subjects.ts";

/** What one run gives: one number, smaller is better, and what stands beside it in the report, by name. */
export interface Figure {
  value: number;
  beside?: Readonly<Record<string, number>>;
}

/** Called with every answer, to be compared with the same answer of another row. */
export type Hear = (key: string, answer: Answer) => void;

export interface Row {
  name: string;
  /** Whose processor time it is. */
  process: Process;
  /** The row that its ratio and its text are compared with where that is not the scenario's first. */
  versus?: string;
  /** The most that this ratio should be. */
  target?: number;
  run(hear: Hear): Promise<Figure>;
}

export interface Scenario {
  name: ScenarioName;
  unit: string;
  /** Costly ones run in the first blocks only. */
  isLong: boolean;
  /** Roughly, of one row on two cores, for the estimate until it has been measured; in seconds. */
  guessS: number;
  /** In the order in which they take turns; the others' ratios are to the first. */
  rows: Row[];
}

export interface Speakers {
  defaults: Subject;
  /** Null where there is a GPU: the layout is one of processor cores. */
  layout: Subject | null;
  server: Subject;
  /** Only there one request's tokens may depend on its company, and `deterministic` costs and gives something. */
  isCuda: boolean;
}

const given: Asked = { language: "en", beam_size: 5 };
const steady: Asked = { ...given, steady: true };
const auto: Asked = { language: null, beam_size: 5 };
const greedy: Asked = { language: "en", beam_size: 1 };
const atOnce = 8;
const shortEveryMs = 4000;

export function speechScenarios(corpus: Corpus, speakers: Speakers): Scenario[] {
  const { defaults, layout, server, isCuda } = speakers;
  const { lone, mixed, file10 } = corpus;

  /** They are of processors. */
  const aim = (target: number) => (isCuda ? {} : { target });

  /** Everybody on the same task. */
  function rowsOf(asked: Asked, options: { target: number; run: Task }): Row[] {
    const { target, run } = options;
    const row = (subject: Subject, name = subject.name, more: Partial<Asked> = {}) => ({
      name,
      process: subject,
      run: (hear: Hear) => run(subject, { ...asked, ...more }, hear),
    });
    return [
      row(defaults),
      ...(layout === null ? [] : [row(layout)]),
      { ...row(server), ...aim(target) },
      ...(isCuda ? [row(server, `${server.name}, deterministic`, { deterministic: true })] : []),
    ];
  }
  const batched = { ...steady, batched: true };
  const directBatched = `${defaults.name}, batched`;
  const scenarios: Scenario[] = [
    {
      name: "lone",
      unit: "s",
      isLong: false,
      guessS: 1.5,
      rows: rowsOf(given, { target: 0.85, run: whole(lone) }),
    },
    {
      name: "lone-auto",
      unit: "s",
      isLong: false,
      guessS: 2,
      rows: rowsOf(auto, { target: 0.65, run: whole(lone) }),
    },
    {
      name: "busy",
      unit: "s/clip",
      isLong: false,
      guessS: 25,
      rows: rowsOf(given, { target: 1 / 1.9, run: many(mixed, atOnce) }),
    },
    {
      name: "busy-auto",
      unit: "s/clip",
      isLong: false,
      guessS: 30,
      rows: rowsOf(auto, { target: 1 / 2.4, run: many(mixed, atOnce) }),
    },
    {
      name: "busy-greedy",
      unit: "s/clip",
      isLong: false,
      guessS: 18,
      rows: rowsOf(greedy, { target: 1 / 1.6, run: many(mixed, atOnce) }),
    },
    {
      name: "file",
      unit: "s",
      isLong: true,
      guessS: 60,
      rows: [
        ...rowsOf(steady, { target: 0.75, run: whole(file10) }),
        { name: directBatched, process: defaults, run: (hear) => whole(file10)(defaults, batched, hear) },
        {
          name: `${server.name}, batched`,
          process: server,
          versus: directBatched,
          // Of speaches, whose long files go through this pipeline; what its own HTTP takes is left out, in its favour.
          ...aim(0.7),
          run: (hear) => whole(file10)(server, batched, hear),
        },
      ],
    },
    {
      name: "beside",
      unit: "s",
      isLong: true,
      guessS: 60,
      rows: [defaults, layout ?? [], server].flat().flatMap((subject) => [
        { name: subject.name, process: subject, run: beside(corpus, { subject, long: steady }) },
        ...(subject === server
          ? [
              {
                name: `${server.name}, file as batch`,
                process: server,
                run: beside(corpus, { subject, long: { ...steady, priority: "batch" } }),
              },
            ]
          : []),
      ]),
    },
  ];
  return isCuda ? [...scenarios, sixteen(corpus, server)] : scenarios;
}

type Task = (subject: Subject, asked: Asked, hear: Hear) => Promise<Figure>;

const secondsSince = (beganMs: number) => (performance.now() - beganMs) / 1000;

const whole =
  (clip: Clip): Task =>
  async (subject, asked, hear) => {
    const beganMs = performance.now();
    hear("", await subject.transcribe(clip.path, asked));
    return { value: secondsSince(beganMs) };
  };

/** Seconds for each of the clips, with so many clients that each have the next one transcribed. */
const many =
  (clips: readonly Clip[], clients: number): Task =>
  async (subject, asked, hear) => {
    const left = [...clips.entries()];
    const beganMs = performance.now();
    const work = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [index, clip] = next;
        hear(String(index), await subject.transcribe(clip.path, asked));
      }
    };
    await Promise.all(Array.from({ length: clients }, work));
    return { value: secondsSince(beganMs) / clips.length };
  };

/** A short clip every few seconds for as long as the long file takes; `long` says how that one is sent. */
function beside(corpus: Corpus, { subject, long }: { subject: Subject; long: Asked }): Row["run"] {
  const short: Asked = { ...given, priority: "interactive" };
  return async (hear) => {
    const longBeganMs = performance.now();
    const ended = new AbortController();
    const file = subject.transcribe(corpus.file5.path, long).then((answer) => {
      ended.abort();
      hear("long", answer);
      return secondsSince(longBeganMs);
    });
    const took: Promise<number>[] = [];
    while (!ended.signal.aborted) {
      const beganMs = performance.now();
      took.push(
        subject.transcribe(corpus.lone.path, short).then((answer) => {
          hear("short", answer);
          return secondsSince(beganMs);
        }),
      );
      await Promise.race([file, new Promise((resolve) => setTimeout(resolve, shortEveryMs))]);
    }
    const shorts = await Promise.all(took);
    // What the short ones gain may be the long one's loss.
    const beside = { "p50 s": percentile(shorts, 0.5), "file s": await file, clips: shorts.length };
    return { value: percentile(shorts, 0.95), beside };
  };
}

/** What batches gain on a GPU. */
function sixteen(corpus: Corpus, server: Subject): Scenario {
  const clips = corpus.mixed.slice(0, 16);
  const row = (clients: number, name: string) => ({
    name: `${server.name}, ${name}`,
    process: server,
    run: (hear: Hear) => many(clips, clients)(server, given, hear),
  });
  return {
    name: "sixteen",
    unit: "s/clip",
    isLong: false,
    guessS: 30,
    rows: [row(1, "one by one"), { ...row(clips.length, "16 at once"), target: 1 / 3 }],
  };
}
