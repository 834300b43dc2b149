import OpenAI, { APIError, toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HumError } from "../../src/core/errors.ts";
import { finish, type HttpRig, openHttpRig, segment, speech, speechText, started, told, wav } from "./http-rig.ts";

let rig: HttpRig;
let client: OpenAI;
const clip = () => toFile(wav(1), "clip.wav");

beforeAll(async () => {
  rig = await openHttpRig();
  client = new OpenAI({ baseURL: `${rig.url}/v1`, apiKey: "unused", maxRetries: 0 });
});
afterAll(() => rig.close());

const post = (form: FormData, path = "transcriptions") =>
  fetch(`${rig.url}/v1/audio/${path}`, { method: "POST", body: form });

describe("the official client is served in every format", () => {
  test("json holds the trimmed text and the usage", async () => {
    const answer = await client.audio.transcriptions.create({ file: await clip(), model: "whisper-1" });
    expect(answer).toEqual({ text: speechText, usage: { type: "duration", seconds: 4 } });
  });

  test("verbose_json holds segments from id 0, and words where they were asked for", async () => {
    const answer = await client.audio.transcriptions.create({
      file: await clip(),
      model: "whisper-1",
      response_format: "verbose_json",
      timestamp_granularities: ["word", "segment"],
    });
    expect(answer).toMatchObject({ task: "transcribe", language: "english", duration: 3.5, text: speechText });
    expect(answer.segments?.map(({ id, text }) => ({ id, text }))).toEqual([
      { id: 0, text: " Ask not what" },
      { id: 1, text: " your country can do." },
    ]);
    expect(answer.words?.[0]).toEqual({ word: "Ask", start: 0, end: 0.5 });
    expect(rig.submitted.at(-1)?.job.options.word_timestamps).toBe(true);
  });

  test.each([
    ["text", `${speechText}\n`],
    [
      "srt",
      "1\n00:00:00,000 --> 00:00:01,250\nAsk not what\n\n2\n00:00:01,250 --> 00:00:03,500\nyour country can do.\n\n",
    ],
    [
      "vtt",
      "WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nAsk not what\n\n00:00:01.250 --> 00:00:03.500\nyour country can do.\n\n",
    ],
  ] as const)("%s is a plain body", async (response_format, body) => {
    const answer = await client.audio.transcriptions.create({ file: await clip(), model: "base", response_format });
    expect(answer).toBe(body);
  });

  test("an answer's head tells how long each stage took", async () => {
    const form = new FormData();
    form.set("file", await clip());
    const { headers } = await post(form);
    expect(headers.get("server-timing")).toBe("queue;dur=0.000, decode;dur=0.000, engine;dur=100.000");
  });

  test("a stream's deltas concatenate to the text of its done event", async () => {
    const stream = await client.audio.transcriptions.create({ file: await clip(), model: "base", stream: true });
    const events = await Array.fromAsync(stream);
    const deltas = events.flatMap((event) => (event.type === "transcript.text.delta" ? [event.delta] : []));
    expect(deltas).toEqual(["Ask not what", " your country can do."]);
    expect(events.at(-1)).toEqual({
      type: "transcript.text.done",
      text: speechText,
      usage: { type: "duration", seconds: 4 },
    });
  });

  test("a translation is asked of the engine as a translation", async () => {
    const answer = await client.audio.translations.create({ file: await clip(), model: "base" });
    expect(answer.text).toBe(speechText);
    expect(rig.submitted.at(-1)?.job.options.task).toBe("translate");
  });

  test("models are listed with their aliases, and found by name, alias and name with a slash", async () => {
    const ids = (await Array.fromAsync(client.models.list())).map((one) => one.id);
    expect(ids).toEqual(["base", "tiny.en", "lab/whisper-small", "whisper-1", "systran/faster-whisper-base"]);
    expect(await client.models.retrieve("lab/whisper-small")).toMatchObject({ id: "lab/whisper-small" });
    expect(await client.models.retrieve("whisper-1")).toMatchObject({ id: "whisper-1", root: "base" });
    const plain = await fetch(`${rig.url}/v1/models/lab/whisper-small`);
    expect(await plain.json()).toMatchObject({ id: "lab/whisper-small", object: "model" });
  });

  test("errors arrive with their code and param", async () => {
    const error = await client.models.retrieve("no-such").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 404, code: "model_unknown", param: "model", type: "invalid_request_error" });
  });
});

describe("a job is what was uploaded", () => {
  test("fields may come before or after the file", async () => {
    const before = new FormData();
    before.append("language", "German");
    before.append("file", new Blob([wav(1)]), "a.wav");
    const after = new FormData();
    after.append("file", new Blob([wav(1)]), "a.wav");
    after.append("language", "German");
    for (const form of [before, after]) {
      expect((await post(form)).status).toBe(200);
      expect(rig.submitted.at(-1)?.job.options.language).toBe("de");
    }
  });

  test("a raw body takes its options from the query", async () => {
    const answer = await fetch(`${rig.url}/v1/audio/transcriptions?response_format=text&prompt=Kennedy`, {
      method: "POST",
      headers: { "content-type": "audio/wav" },
      body: wav(1),
    });
    expect(await answer.text()).toBe(`${speechText}\n`);
    expect(rig.submitted.at(-1)?.job).toMatchObject({
      audio: { format: "pcm_s16le", durationS: 1, mediaType: "audio/wav", bytes: 32_044 },
      options: { initial_prompt: "Kennedy" },
    });
  });

  test("plain WAV is passed on as its samples, hashed as it was sent", async () => {
    const bytes = wav(0.5);
    const form = new FormData();
    form.append("file", new Blob([bytes]), "../../etc/passwd");
    await post(form);
    const audio = rig.submitted.at(-1)?.job.audio;
    expect(audio?.source.kind === "memory" && audio.source.data.byteLength).toBe(16_000);
    const { createHash } = await import("node:crypto");
    expect(audio?.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
  });

  test("what is no plain WAV goes to a decoder, also under the name of one", async () => {
    const form = new FormData();
    form.append("file", new Blob(["this is text"], { type: "audio/wav" }), "speech.wav");
    await post(form);
    expect(rig.submitted.at(-1)?.job.audio).toMatchObject({ format: "media", durationS: null, bytes: 12 });
  });

  test("a WAV without samples is still a job", async () => {
    const form = new FormData();
    form.append("file", new Blob([wav(0)]), "empty.wav");
    expect((await post(form)).status).toBe(200);
    expect(rig.submitted.at(-1)?.job.audio).toMatchObject({ format: "pcm_s16le", durationS: 0 });
  });

  test("a large file lies in the scratch directory until the job has ended", async () => {
    let job: Parameters<typeof finish>[0] | undefined;
    const slow = await openHttpRig({ script: (one) => (job = one) });
    try {
      const form = new FormData();
      form.append("file", new Blob([wav(60)]), "long.wav");
      const answer = fetch(`${slow.url}/v1/audio/transcriptions`, { method: "POST", body: form });
      await expect.poll(() => job?.job.audio.source).toMatchObject({ kind: "file", offset: 44, length: 1_920_000 });
      expect(slow.scratchFiles()).toEqual([`${job?.job.id}.upload`]);
      if (job !== undefined) finish(job, speech);
      expect((await answer).status).toBe(200);
      await expect.poll(slow.scratchFiles).toEqual([]);
    } finally {
      await slow.close();
    }
  });
});

describe("a stream tells what happens to its job", () => {
  const streamed = async (target: HttpRig) => {
    const form = new FormData();
    form.append("file", new Blob([wav(1)]), "a.wav");
    form.append("stream", "true");
    return fetch(`${target.url}/v1/audio/transcriptions`, { method: "POST", body: form });
  };
  const within = async (options: Parameters<typeof openHttpRig>[0], check: (target: HttpRig) => Promise<void>) => {
    const target = await openHttpRig(options);
    try {
      await check(target);
    } finally {
      await target.close();
    }
  };

  test("a failure before the job began has its own status", async () => {
    const script = ({ tell }: Parameters<typeof finish>[0]) => {
      tell({ type: "queued", position: 0 });
      tell({ type: "failed", attempt: 0, error: new HumError("bad_audio", "no audio in there", { stage: "decode" }) });
    };
    await within({ script }, async (target) => {
      const answer = await streamed(target);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error: { code: "bad_audio" } });
    });
  });

  test("a failure in the middle is the last line, with a top-level error", async () => {
    const script = ({ tell }: Parameters<typeof finish>[0]) => {
      tell(started);
      tell(told(0, segment(" Ask")));
      tell({ type: "failed", attempt: 1, error: new HumError("engine_failed", "out of memory") });
    };
    await within({ script }, async (target) => {
      const body = await (await streamed(target)).text();
      expect(body).toBe(
        'data: {"type":"transcript.text.delta","delta":"Ask","end":1}\n\n' +
          'data: {"error":{"message":"out of memory","type":"server_error","param":null,"code":"engine_failed"}}\n\n',
      );
    });
  });

  test("a restart that takes back what was streamed ends the stream and the job", async () => {
    const script = ({ tell }: Parameters<typeof finish>[0]) => {
      tell(started);
      tell(told(0, segment(" Ask")));
      tell(told(1, segment(" what")));
      tell({ type: "restarted", attempt: 2, from_index: 1 });
    };
    await within({ script }, async (target) => {
      const body = await (await streamed(target)).text();
      expect(body).toContain('"code":"sidecar_lost"');
      expect(body).not.toContain("[DONE]");
      expect(target.submitted[0]?.job.signal.aborted).toBe(true);
    });
  });

  test("a restart that takes nothing back is not seen", async () => {
    const script = (one: Parameters<typeof finish>[0]) => {
      one.tell(started);
      one.tell(told(0, segment(" Ask")));
      one.tell({ type: "restarted", attempt: 2, from_index: 1 });
      finish(one, speech);
    };
    await within({ script }, async (target) => {
      const body = await (await streamed(target)).text();
      expect(body).toMatch(/\[DONE\]\n\n$/);
    });
  });

  test("headers come before the first segment, and comment lines keep the stream open", async () => {
    let job: Parameters<typeof finish>[0] | undefined;
    const script = (one: Parameters<typeof finish>[0]) => {
      job = one;
      one.tell(started);
    };
    await within({ script, timing: { heartbeatMs: 20 } }, async (target) => {
      const answer = await streamed(target);
      expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      expect((await reader?.read())?.value).toBe(": keep-alive\n\n");
      if (job !== undefined) finish(job, speech);
      let rest = "";
      for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) rest += next.value;
      expect(rest).toContain("[DONE]");
    });
  });

  test("a job that waits long gets its headers after one heartbeat", async () => {
    await within({ script: () => undefined, timing: { heartbeatMs: 20 } }, async (target) => {
      const answer = await streamed(target);
      expect(answer.status).toBe(200);
      await answer.body?.cancel();
      await expect.poll(() => target.submitted[0]?.job.signal.aborted).toBe(true);
    });
  });
});
