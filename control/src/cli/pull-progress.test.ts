import { expect, test } from "vitest";
import type { Io } from "./io.ts";
import { createPullProgress } from "./pull-progress.ts";

function setup(options: { terminal: boolean; json: boolean }) {
  const said = { out: "", err: "" };
  const never = new AbortController().signal;
  const io: Io = {
    env: {},
    cwd: "/",
    terminal: { out: options.terminal, err: options.terminal, columns: 80 },
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    interrupted: never,
    unread: never,
  };
  const progress = createPullProgress("small", { io, json: options.json });
  const step = { step: "download", totalBytes: 4e9 } as const;
  progress.tell({ step: "wait" });
  for (const doneBytes of [1e9, 2e9]) progress.tell({ ...step, doneBytes });
  progress.end();
  return said;
}

test("a person sees a bar that grows and goes away", () => {
  const { out, err } = setup({ terminal: true, json: false });
  expect(out).toBe("");
  expect(err).toContain("\r[#####---------------]  25 %  small: 1.0 GB of 4.0 GB");
  expect(err).toContain("\r[##########----------]  50 %  small: 2.0 GB of 4.0 GB");
  expect(err.endsWith("\r\u001b[K")).toBe(true);
});

test("where nobody watches there is one line for each stage", () => {
  expect(setup({ terminal: false, json: false })).toEqual({
    out: "",
    err: "waiting for another pull of model small\ndownloading model small (4.0 GB)\n",
  });
});

test("a program is told once a second", () => {
  expect(setup({ terminal: false, json: true }).out).toBe(
    '{"name":"small","action":"downloading","done_bytes":1000000000,"total_bytes":4000000000}\n',
  );
});
