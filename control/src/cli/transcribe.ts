/** `hum-helix transcribe`: files in, transcripts out; what fails for one file does not stop the others. */
import { type CommandInput, configOption, defineCommand } from "./command.ts";
import { type ExitCode, exitCodes, type Io } from "./io.ts";
import { progressBar } from "./progress-bar.ts";
import { openServer, type Server } from "./server.ts";
import { loadSettings } from "./settings.ts";
import { nothingYet, requestSpeech, type SpeechProgress, type SpeechResult } from "./speech-client.ts";
import { createStatusLine, type StatusLine } from "./status-line.ts";
import { transcriptLine } from "./transcript-line.ts";

const formats = ["text", "srt", "vtt", "json"] as const;
const tasks = ["transcribe", "translate"] as const;

const options = {
  model: { type: "string", short: "m", value: "NAME", help: "model to use; default: the server's" },
  language: { type: "string", short: "l", value: "CODE", help: "language spoken, such as en; default: detected" },
  task: { type: "string", value: tasks.join("|"), help: "translate gives English text; default: transcribe" },
  format: { type: "string", short: "f", value: formats.join("|"), help: "what to print; default: text" },
  json: { type: "boolean", help: "print one line of JSON per file: file, text, segments, language, duration or error" },
  url: { type: "string", value: "URL", help: "server to use (also HUM_URL)" },
  config: configOption,
} as const;

export const transcribe = defineCommand({
  name: "transcribe",
  summary: "Transcribe files: on a running server, or on what it starts for the while",
  details: `Without --url or HUM_URL the configured address is tried; where no server answers, one is started for these
files and stopped after them. It reads wav mp3 m4a mp4 ogg webm mkv flac aac. Exit code 1 if a file failed.`,
  operands: "some",
  operandName: "FILE",
  options,
  async run(input, io) {
    const wrong = checkChoices(input.values);
    if (wrong !== undefined) {
      io.err(`hum-helix transcribe: ${wrong}\n`);
      return exitCodes.usage;
    }
    const config = loadSettings(io, input.values.config);
    const status = createStatusLine(io);
    const server = await openServer(config, {
      url: input.values.url ?? (io.env.HUM_URL || undefined),
      model: input.values.model,
      io,
      onStart: (model) => status.show(`starting: no server answers, loading model ${model} ...`),
    }).finally(status.clear);
    try {
      return await transcribeAll(input, { io, server, apiKey: config.http.api_key, status });
    } finally {
      await server.stop();
    }
  },
});

type Input = CommandInput<typeof options>;

interface Surroundings {
  io: Io;
  server: Server;
  apiKey: string | null;
  status: StatusLine;
}

async function transcribeAll({ values, operands }: Input, around: Surroundings): Promise<ExitCode> {
  const { io, status } = around;
  let exitCode: ExitCode = exitCodes.ok;
  for (const file of operands) {
    const result = await transcribeFile(file, { values, around }).finally(status.clear);
    if (!result.ok) exitCode = exitCodes.failed;
    if (values.json) io.out(`${transcriptLine(file, result)}\n`);
    else if (!result.ok) io.err(`hum-helix transcribe: ${file}: ${result.error.message}\n`);
    else io.out(operands.length > 1 ? `==> ${file} <==\n${ended(result.body)}` : ended(result.body));
  }
  return exitCode;
}

async function transcribeFile(
  file: string,
  { values, around }: { values: Input["values"]; around: Surroundings },
): Promise<SpeechResult> {
  const format = values.json ? "verbose_json" : (values.format ?? "text");
  const draw = createProgress(file, around.status);
  try {
    return await requestSpeech({
      url: around.server.url,
      apiKey: around.apiKey,
      file,
      task: values.task === "translate" ? "translate" : "transcribe",
      fields: {
        model: values.model,
        language: values.language,
        response_format: format,
        // The text as it comes is what a person sees of the progress.
        stream: format === "text" && around.io.terminal.err ? "true" : undefined,
      },
      signal: around.io.interrupted,
      onProgress: draw.tell,
    });
  } finally {
    draw.end();
  }
}

const redrawMs = 200;

/** Upload in percent, then how far the audio is transcribed, the seconds waited and the last words that came. */
function createProgress(file: string, status: StatusLine) {
  let last: SpeechProgress = nothingYet;
  const startedMs = performance.now();
  const draw = () => {
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    if (last.step === "upload") {
      status.show(`${file}: uploading, ${Math.floor((100 * last.doneBytes) / last.totalBytes)} %`);
    } else {
      const { doneS, totalS } = last;
      const bar = totalS === null ? "transcribing," : progressBar(totalS === 0 ? 1 : doneS / totalS);
      status.show(`${file}: ${bar} ${seconds} s ${last.text.slice(-60).trimStart()}`);
    }
  };
  const timer = setInterval(draw, redrawMs);
  return {
    tell(progress: SpeechProgress) {
      last = progress;
    },
    end: () => clearInterval(timer),
  };
}

function checkChoices(values: Input["values"]): string | undefined {
  const { format, task } = values;
  if (values.json && format !== undefined) return "--json and --format exclude each other";
  if (format !== undefined && !(formats as readonly string[]).includes(format)) {
    return `--format is ${JSON.stringify(format)}; it must be one of ${formats.join(", ")}`;
  }
  if (task !== undefined && !(tasks as readonly string[]).includes(task)) {
    return `--task is ${JSON.stringify(task)}; it must be one of ${tasks.join(", ")}`;
  }
  return undefined;
}

const ended = (text: string) => (text.endsWith("\n") ? text : `${text}\n`);
