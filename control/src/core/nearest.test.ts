import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

const verbs = ["serve", "transcribe", "events", "models", "doctor"];

test("a dropped, doubled, wrong or swapped letter still finds the word", () => {
  expect(nearest("serv", verbs)).toBe("serve");
  expect(nearest("modells", verbs)).toBe("models");
  expect(nearest("dictor", verbs)).toBe("doctor");
  expect(nearest("trasncribe", verbs)).toBe("transcribe");
  expect(nearest("prot", ["host", "port"])).toBe("port");
});

test("a word that resembles nothing gets no suggestion", () => {
  expect(nearest("benchmark", verbs)).toBeUndefined();
  expect(nearest("", verbs)).toBeUndefined();
});
