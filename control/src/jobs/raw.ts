/** Headerless samples: what their sender declares of them, in the media type or in fields, as a RawPcm. */
import { HumError } from "../core/errors.ts";
import { type RawPcm, rawPcmSchema } from "../core/job.ts";
import { quote } from "../core/quote.ts";

/** In the order of arrival; a name may come more than once. */
export type Fields = (readonly [name: string, value: string])[];

type Encoding = RawPcm["encoding"];
type Facts = { [Name in keyof RawPcm]?: string };

const bytesPerSample: Readonly<Record<Encoding, number>> = {
  s16le: 2,
  s16be: 2,
  s24le: 3,
  s32le: 4,
  f32le: 4,
  f64le: 8,
  u8: 1,
  mulaw: 1,
  alaw: 1,
};

/** What a media type says without parameters. RFC 2586 has L16 in network byte order, RFC 2046 fixes `basic` whole. */
const mediaTypes: Readonly<Record<string, Facts>> = {
  "audio/l16": { encoding: "s16be", channels: "1" },
  "audio/basic": { encoding: "mulaw", sample_rate: "8000", channels: "1" },
  "audio/pcm": { encoding: "s16le", channels: "1" },
  "audio/x-raw": { encoding: "s16le", channels: "1" },
};

const expected: Readonly<Record<keyof RawPcm, string>> = {
  encoding: `one of ${Object.keys(bytesPerSample).join(", ")}`,
  sample_rate: "a whole number of Hz from 4000 to 384000",
  channels: "a whole number from 1 to 8",
};

export interface Declared {
  /** With its parameters, such as `audio/pcm; rate=24000`. */
  contentType: string;
  fields: Fields;
  /** The first bytes of the body. */
  head: Uint8Array;
  bytes: number;
}

/** Null where the bytes are a file that says itself what it is. Throws HumError `bad_request` with what would be right. */
export function declaredPcm({ contentType, fields, head, bytes }: Declared): RawPcm | null {
  const [mediaType = "", ...parameters] = contentType.split(";").map((part) => part.trim());
  const named = mediaTypes[mediaType.toLowerCase()];
  const asked = fromFields(fields);
  // Sun's .au files go by `audio/basic` too, and begin with a header.
  if (asked === null && (named === undefined || Buffer.from(head.subarray(0, 4)).toString("latin1") === ".snd"))
    return null;
  const facts: Facts = { encoding: "s16le", channels: "1", ...named, ...fromParameters(parameters), ...asked };
  const raw = parse(facts);
  const frameBytes = bytesPerSample[raw.encoding] * raw.channels;
  if (bytes % frameBytes !== 0) {
    const message = `${bytes} bytes are no whole number of samples: ${raw.channels} x ${raw.encoding} take ${frameBytes} bytes each`;
    throw new HumError("bad_request", message, { param: "file" });
  }
  return raw;
}

function fromFields(fields: Fields): Facts | null {
  const given = fields.flatMap(([name, value]) => {
    const key = /^raw_(encoding|sample_rate|channels)$/.exec(name)?.[1];
    return key === undefined || value === "" ? [] : [[key, value] as const];
  });
  return given.length === 0 ? null : Object.fromEntries(given);
}

/** As GStreamer and the RFCs write them. */
function fromParameters(parameters: readonly string[]): Facts {
  const names: Readonly<Record<string, keyof RawPcm>> = {
    rate: "sample_rate",
    channels: "channels",
    encoding: "encoding",
  };
  return Object.fromEntries(
    parameters.flatMap((parameter) => {
      const [name = "", value = ""] = parameter.split("=", 2);
      const key = names[name.toLowerCase()];
      return key === undefined ? [] : [[key, value.replaceAll('"', "").toLowerCase()]];
    }),
  );
}

function parse({ encoding, sample_rate, channels }: Facts): RawPcm {
  if (sample_rate === undefined) {
    const message =
      "raw samples need their rate: send the field raw_sample_rate, or a type such as audio/pcm; rate=16000";
    throw new HumError("bad_request", message, { param: "raw_sample_rate" });
  }
  const parsed = rawPcmSchema.safeParse({ encoding, sample_rate: Number(sample_rate), channels: Number(channels) });
  if (parsed.success) return parsed.data;
  const name = parsed.error.issues[0]?.path[0] as keyof RawPcm;
  const value = { encoding, sample_rate, channels }[name] ?? "";
  throw new HumError("bad_request", `raw_${name} is ${quote(value)}; it must be ${expected[name]}`, {
    param: `raw_${name}`,
  });
}
