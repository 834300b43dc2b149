import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { loadConfig } from "../../src/core/load-config.ts";
import { sinkSettingsSchema } from "../../src/core/sink-settings.ts";
import { connectRedis } from "../../src/events/clients/redis.ts";
import { metaKey, streamKey } from "../../src/events/sinks/append.ts";
import { documents, readDocument, snippetsOf } from "../documents.ts";
import { createValkey } from "../valkey.ts";
import { sinkRule } from "./redis-streams.ts";

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-documents-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const settings = documents.flatMap((document) =>
  snippetsOf(document)
    .filter(({ language, text }) => language === "yaml" && /^(events|commands):/.test(text))
    .map(({ line, text }) => ({ place: `${document}:${line}`, text })),
);

describe("settings", () => {
  test.each(settings)("of $place are understood", ({ text }) => {
    const file = join(makeDirectory(), "mine.yaml");
    writeFileSync(file, text);
    const named = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? "");
    const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const env = Object.fromEntries(named.map((name) => [name, name === "HOOK_SECRET" ? secret : "value"]));
    const { events, commands } = loadConfig({ env: { ...env, HUM_CONFIG: file } });
    expect(JSON.stringify([events, commands])).not.toContain("${");
  });

  test("there are some for every kind of sink", () => {
    const text = settings.map((one) => one.text).join("");
    const kinds = sinkSettingsSchema.options.map((option) => option.shape.kind.value);
    expect(kinds.filter((kind) => !text.includes(`kind: ${kind}`))).toEqual([]);
  });
});

/** As the pages that show Markdown make it of a heading. */
const anchorOf = (heading: string) =>
  `#${heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-")}`;
const anchorsIn = (document: string) =>
  [...readDocument(document).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading ?? ""));

test.each(documents)("every link of %s that stays in the checkout leads somewhere", (document) => {
  const links = [...readDocument(document).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? "");
  const broken = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [, path = "", anchor = ""] = /^([^#]*)(#.*)?$/.exec(link) ?? [];
      const target = path === "" ? document : join(dirname(document), path);
      if (!existsSync(join(checkoutRoot, target))) return true;
      return anchor !== "" && !anchorsIn(target).includes(anchor);
    });
  expect(broken).toEqual([]);
});

describe("the rights for a Redis of one's own", () => {
  const rules = snippetsOf("proto/events/SUBSCRIBE.md", "A Redis of your own").flatMap(
    ({ text }) => /^ACL SETUSER (.*)\n$/.exec(text)?.[1] ?? [],
  );

  test("are, for the node, those that its sink is tested with", () => {
    expect(rules[0]).toBe(`humhelix ${sinkRule.replace(">secret", ">password")}`);
  });

  test("let a subscriber read and use groups, and nothing else", async () => {
    const server = await createValkey({ dir: makeDirectory() });
    onTestFinished(() => server.stop());
    await server.start();
    const admin = await connectRedis({ url: server.url, name: "admin", commandTimeoutMs: 5_000 });
    onTestFinished(() => admin.close());
    await admin.call("ACL", "SETUSER", ...(rules[1]?.split(" ") ?? []));
    const url = server.url.replace("redis://", "redis://subscriber:password@");
    const subscriber = await connectRedis({ url, name: "subscriber", commandTimeoutMs: 5_000 });
    onTestFinished(() => subscriber.close());
    const stream = streamKey("transcription");
    await subscriber.call("XGROUP", "CREATE", stream, "g", "0", "MKSTREAM");
    await admin.call("XADD", stream, "*", "ce", "{}");
    await subscriber.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", stream, ">");
    await subscriber.call("XAUTOCLAIM", stream, "g", "c2", 0, "0");
    await subscriber.call("HGET", metaKey, "retention_s");
    expect(await admin.call("ACL", "DRYRUN", "subscriber", "PSUBSCRIBE", "humhelix.events.*")).toBe("OK");
    for (const [name = "", ...args] of [
      ["XADD", stream, "*", "ce", "{}"],
      ["XTRIM", stream, "MAXLEN", "0"],
      ["PUBLISH", "a", "b"],
    ]) {
      await expect(subscriber.call(name, ...args), name).rejects.toThrow(/^NOPERM/);
    }
  });
});
