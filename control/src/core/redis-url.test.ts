import { expect, test } from "vitest";
import { parseRedisUrl } from "./redis-url.ts";

const anyone = { username: "", password: "", db: 0 };

test.each([
  ["redis://host", { ...anyone, host: "host", port: 6379, tls: false }],
  ["rediss://host:6380/2", { ...anyone, host: "host", port: 6380, tls: true, db: 2 }],
  ["redis://", { ...anyone, host: "127.0.0.1", port: 6379, tls: false }],
  ["redis://[::1]:7000/", { ...anyone, host: "::1", port: 7000, tls: false }],
  ["redis://me:p%40ss@host", { username: "me", password: "p@ss", db: 0, host: "host", port: 6379, tls: false }],
  ["unix:///run/a%20b.sock", { ...anyone, path: "/run/a b.sock" }],
  ["unix:///s?username=me&password=p%40ss&db=3", { path: "/s", username: "me", password: "p@ss", db: 3 }],
])("%s is understood", (url, target) => {
  expect(parseRedisUrl(url)).toEqual({ ok: true, target });
});

test.each([
  ["http://me:s3cret@host", /begins with redis:\/\//],
  ["redis:me:s3cret@host", /begins with redis:\/\//],
  ["redis://me:s3cret@host:99999", /port from 1 to 65535/],
  ["redis://me:s3cret@host:0", /port from 1 to 65535/],
  ["redis://me:s3cret#x@host", /port from 1 to 65535/],
  ["redis://me:s3cret@host/abc", /number of a database/],
  ["redis://me:s3cret@host/-1", /number of a database/],
  ["redis://me:s3cret@host/1/2", /number of a database/],
  ["unix:///run/redis.sock?password=s3cret&db=one", /number of a database/],
  ["unix://redis.sock?password=s3cret", /absolute path/],
  ["unix:///?password=s3cret", /absolute path/],
  ["redis://me:s3cret%@host", /hexadecimal/],
])("%s is refused in words that do not show it", (url, demand) => {
  const parsed = parseRedisUrl(url);
  expect(parsed).toEqual({ ok: false, demand: expect.stringMatching(/^must /) });
  expect(parsed).toEqual({ ok: false, demand: expect.stringMatching(demand) });
  expect(JSON.stringify(parsed)).not.toContain("s3cret");
});
