import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Form } from "../faults/scenario.ts";
import { suite } from "../faults/suite.ts";

/** `make torture` asks for the full counts, and for a record of what was seen. */
const form: Form = process.env.HUM_TORTURE === undefined ? "short" : "full";
const record = process.env.HUM_TORTURE;

for (const { row, title, timeoutMs, run } of suite) {
  test(`row ${row}: ${title}`, { timeout: timeoutMs[form] }, async () => {
    await using undo = new AsyncDisposableStack();
    const dir = mkdtempSync(join(tmpdir(), "hum-faults-"));
    undo.defer(() => rmSync(dir, { recursive: true, force: true }));
    const say = (text: string) => void process.stderr.write(`row ${row}: ${text}\n`);
    const findings = await run(form, { dir, say, defer: (act) => undo.defer(async () => void (await act())) });
    if (record !== undefined) appendFileSync(record, `${JSON.stringify({ row, title, findings })}\n`);
    for (const { what, seen, bound } of findings) say(`${what}: ${seen} (${bound})`);
    expect(findings.filter(({ isMet }) => !isMet)).toEqual([]);
  });
}
