import { expect, test } from "vitest";
import { sinkSettingsSchema } from "./sink-settings.ts";

const hook = (settings: Record<string, unknown>) =>
  sinkSettingsSchema.safeParse({ kind: "webhook", url: "https://example.org/hook", ...settings });
const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;

test("a webhook needs no more than a URL", () => {
  expect(hook({}).data).toEqual({
    kind: "webhook",
    url: "https://example.org/hook",
    types: ["*"],
    required: false,
    headers: {},
    max_in_flight: 64,
    timeout_s: 15,
  });
});

test.each([24, 25, 26, 63, 64])("a signing secret of %i bytes is taken", (bytes) => {
  expect(hook({ secret: secretOf(bytes) }).success).toBe(true);
});

test.each([
  { what: "too short", secret: secretOf(23) },
  { what: "too long", secret: secretOf(65) },
  { what: "without its prefix", secret: secretOf(32).slice(6) },
  { what: "without its padding", secret: secretOf(32).replaceAll("=", "") },
  { what: "no base64", secret: `whsec_${"ä".repeat(40)}` },
  { what: "empty", secret: "" },
])("a signing secret that is $what is refused, and not repeated", ({ secret }) => {
  const { error } = hook({ secret });
  expect(error?.issues).toMatchObject([{ message: "must be whsec_ and base64 of 24 to 64 bytes, padded by =" }]);
});

test.each([
  { name: "x key", value: "v" },
  { name: "", value: "v" },
  { name: "x-key", value: "v\r\nhost: other" },
  { name: "x-key", value: "schlüssel" },
])("a header $name: $value is refused", ({ name, value }) => {
  expect(hook({ headers: { [name]: value } }).success).toBe(false);
});

test("headers that HTTP allows are taken", () => {
  expect(hook({ headers: { Authorization: "Bearer a.b-c", "x-empty": "" } }).success).toBe(true);
});
