import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Finding } from "../faults/scenario.ts";
import { suite } from "../faults/suite.ts";
import { form, tortureRecord } from "../form.ts";

for (const { row, title, timeoutMs, run } of suite) {
  test(`row ${row}: ${title}`, { timeout: timeoutMs[form] }, async () => {
    await using undo = new AsyncDisposableStack();
    const dir = mkdtempSync(join(tmpdir(), "hum-faults-"));
    undo.defer(() => rmSync(dir, { recursive: true, force: true }));
    const say = (text: string) => void process.stderr.write(`row ${row}: ${text}\n`);
    const findings = await run(form, { dir, say, defer: (act) => undo.defer(async () => void (await act())) });
    if (tortureRecord !== undefined) appendFileSync(tortureRecord, `${JSON.stringify({ row, title, findings })}\n`);
    const textOf = ({ what, seen, bound }: Finding) => `${what}: ${seen} (${bound})`;
    for (const finding of findings) say(textOf(finding));
    expect(findings.filter(({ isMet }) => !isMet).map(textOf)).toEqual([]);
  });
}
