/** The part of the Hugging Face hub that its client asks for when it fetches files, over HTTP on loopback. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { makeDirectory } from "./cli-rig.ts";

export const revision = "c".repeat(40);
export const repository = "someone/fake-whisper";

export interface HubFile {
  bytes: Buffer;
  /** As the hub tells it, where that is not how many there are. */
  size?: number;
  /** What the hub says of it: the sha256 of a large file, git's hash of a small one. */
  etag?: string;
  /** Sent, then nothing any more, once. */
  stallsAfter?: number;
  /** Sent, then the connection is cut, once. */
  cutAfter?: number;
  /** Sent from its start, whatever is asked for. */
  ignoresRange?: boolean;
  /** Sent from another host, as large files are. */
  elsewhere?: boolean;
}

export interface Asked {
  method: string;
  path: string;
  range: string | undefined;
  authorization: string | undefined;
}

export interface Hub {
  /** As HF_ENDPOINT. */
  url: string;
  files: Record<string, HubFile>;
  asked: Asked[];
  /** Answers everything with this status instead. */
  refuse: { status: number; code?: string } | null;
  stop(): Promise<void>;
}

export const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
export const gitHash = (data: Buffer) => createHash("sha1").update(`blob ${data.length}\0`).update(data).digest("hex");

/** Closed with the test. */
export async function openHub(files: Record<string, HubFile>): Promise<Hub> {
  const elsewhere = await listen((request, response) => {
    note(request);
    const file = hub.files[nameOf(request)];
    if (file === undefined) response.writeHead(404).end();
    else send(file, { request, response });
  });
  const server = await listen((request, response) => {
    note(request);
    if (hub.refuse !== null) {
      response.writeHead(hub.refuse.status, hub.refuse.code === undefined ? {} : { "X-Error-Code": hub.refuse.code });
      response.end();
      return;
    }
    const [, owner, name, resolve, asked] = (request.url ?? "").split("/");
    const file = hub.files[nameOf(request)];
    if (`${owner}/${name}` !== repository || resolve !== "resolve" || asked !== revision || file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const about = { ETag: `"${file.etag ?? sha256(file.bytes)}"`, "X-Repo-Commit": revision };
    if (file.elsewhere === true) {
      const location = `${elsewhere.url}/blobs/${nameOf(request)}`;
      response.writeHead(302, { ...about, "X-Linked-Size": file.size ?? file.bytes.length, Location: location });
      response.end();
      return;
    }
    for (const [header, value] of Object.entries(about)) response.setHeader(header, value);
    send(file, { request, response });
  });
  const hub: Hub = {
    url: server.url,
    files,
    asked: [],
    refuse: null,
    stop: async () => {
      await Promise.all([server.stop(), elsewhere.stop()]);
    },
  };
  function note(request: IncomingMessage): void {
    const { method = "", url = "", headers } = request;
    hub.asked.push({ method, path: url, range: headers.range, authorization: headers.authorization });
  }
  onTestFinished(hub.stop);
  return hub;
}

const nameOf = (request: IncomingMessage) => request.url?.split("/").at(-1) ?? "";

function send(file: HubFile, to: { request: IncomingMessage; response: ServerResponse }): void {
  const { request, response } = to;
  const asked = file.ignoresRange === true ? "" : request.headers.range;
  const from = Number(/^bytes=(\d+)-$/.exec(asked ?? "")?.[1] ?? 0);
  const rest = file.bytes.subarray(from);
  if (from > 0) {
    response.statusCode = 206;
    response.setHeader("Content-Range", `bytes ${from}-${file.bytes.length - 1}/${file.bytes.length}`);
  }
  response.setHeader("Content-Length", rest.length);
  if (request.method === "HEAD") {
    response.end();
  } else if (file.stallsAfter !== undefined) {
    response.write(rest.subarray(0, file.stallsAfter));
    delete file.stallsAfter;
  } else if (file.cutAfter !== undefined) {
    response.write(rest.subarray(0, file.cutAfter), () => response.destroy());
    delete file.cutAfter;
  } else {
    response.end(rest);
  }
}

async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const server: Server = createServer(handle).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A catalogue whose one model, `small`, comes from the hub, and an environment in which only that hub can be asked. */
export function catalogueOf(hub: Hub, listed: Record<string, { bytes?: number; sha256?: string }>) {
  const directory = makeDirectory();
  const files = Object.entries(listed).map(([name, facts]) => `        ${name}: ${JSON.stringify(facts)}\n`);
  writeFileSync(
    join(directory, "models.yaml"),
    `models:
  small:
    aliases: [mini]
    engine: faster-whisper
    languages: [en]
    translates: false
    hub:
      repository: ${repository}
      revision: ${revision}
      files:
${files.join("")}`,
  );
  const models = join(directory, "models");
  const env: Record<string, string> = {
    HUM_CATALOGUE: join(directory, "models.yaml"),
    HUM_MODEL_DIR: models,
    HUM_MODEL: "small",
    HF_ENDPOINT: hub.url,
    HF_HOME: join(directory, "hf"),
    HF_TOKEN: "",
    HF_HUB_OFFLINE: "",
    NO_PROXY: "127.0.0.1",
    no_proxy: "127.0.0.1",
  };
  return { models, env };
}
