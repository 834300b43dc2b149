import { describe, expect, test } from "vitest";
import { parseRedisUrl, withoutPassword } from "./redis-url.ts";

const anyone = { username: "", password: "" };
const me = { username: "me", password: "p@ss" };
const authorities = { caFile: null };

test.each([
  ["redis://host", { kind: "server", ...anyone, db: 0, host: "host", port: 6379, tls: null }],
  ["rediss://host:6380/2", { kind: "server", ...anyone, db: 2, host: "host", port: 6380, tls: authorities }],
  ["redis://", { kind: "server", ...anyone, db: 0, host: "127.0.0.1", port: 6379, tls: null }],
  ["redis://[::1]:7000/", { kind: "server", ...anyone, db: 0, host: "::1", port: 7000, tls: null }],
  ["redis://me:p%40ss@host", { kind: "server", ...me, db: 0, host: "host", port: 6379, tls: null }],
  ["redis://me:p@ss@host", { kind: "server", ...me, db: 0, host: "host", port: 6379, tls: null }],
  ["redis://:p:w@host", { kind: "server", username: "", password: "p:w", db: 0, host: "host", port: 6379, tls: null }],
  [
    "rediss://host?ssl_ca_certs=/etc/ca%20s.pem",
    { kind: "server", ...anyone, db: 0, host: "host", port: 6379, tls: { caFile: "/etc/ca s.pem" } },
  ],
  ["unix:///run/a%20b.sock", { kind: "socket", ...anyone, db: 0, path: "/run/a b.sock" }],
  ["unix:///s?username=me&password=p%40ss&db=3", { kind: "socket", ...me, db: 3, path: "/s" }],
  [
    "redis+sentinel://me:p%40ss@h1:26380,[::1],h2/my%20master/3?sentinel_password=s",
    {
      ...{ kind: "sentinel", ...me, db: 3, master: "my master", tls: null },
      sentinelAccount: { username: "", password: "s" },
      sentinels: [
        { host: "h1", port: 26380 },
        { host: "::1", port: 26379 },
        { host: "h2", port: 26379 },
      ],
    },
  ],
  [
    "rediss+sentinel://h/m?ssl_ca_certs=ca.pem&sentinel_username=me&sentinel_password=p%40ss",
    {
      ...{ kind: "sentinel", ...anyone, db: 0, master: "m", tls: { caFile: "ca.pem" }, sentinelAccount: me },
      sentinels: [{ host: "h", port: 26379 }],
    },
  ],
  [
    "redis+cluster://h1:7001,h2:7002",
    {
      ...{ kind: "cluster", ...anyone, db: 0, tls: null },
      nodes: [
        { host: "h1", port: 7001 },
        { host: "h2", port: 7002 },
      ],
    },
  ],
  [
    "rediss+cluster://me:p%40ss@h1/0",
    { kind: "cluster", ...me, db: 0, tls: authorities, nodes: [{ host: "h1", port: 6379 }] },
  ],
])("%s is understood", (url, target) => {
  expect(parseRedisUrl(url)).toEqual({ ok: true, target });
});

test.each([
  ["http://me:s3cret@host", /begins with redis:\/\//],
  ["redis:me:s3cret@host", /begins with redis:\/\//],
  ["sentinel://me:s3cret@host", /redis\+sentinel:\/\/ or redis\+cluster:\/\//],
  ["redis://me:s3cret@host:99999", /port from 1 to 65535/],
  ["redis://me:s3cret@host:0", /port from 1 to 65535/],
  ["redis://me:s3cret#x@host", /port from 1 to 65535/],
  ["redis://me:s3cret@ho st", /port from 1 to 65535/],
  ["redis://me:s3cret@::1", /port from 1 to 65535/],
  ["redis://me:s3cret@host/abc", /number of a database/],
  ["redis://me:s3cret@host/-1", /number of a database/],
  ["redis://me:s3cret@host/1/2", /number of a database/],
  ["redis://me:s3cret@h1:1,h2:2", /one host.*redis\+sentinel or redis\+cluster/],
  ["redis://me:s3cret@host?db=1", /no query parameter$/],
  ["rediss://me:s3cret@host?cafile=ca.pem", /no query parameters but ssl_ca_certs/],
  ["unix:///run/redis.sock?password=s3cret&db=one", /number of a database/],
  ["unix://redis.sock?password=s3cret", /absolute path/],
  ["unix:///?password=s3cret", /absolute path/],
  ["redis://me:s3cret%@host", /hexadecimal/],
  ["redis+sentinel://me:s3cret@h1:26379,h2:26379", /name the master after the sentinels.*\/mymaster\/0/],
  ["redis+sentinel://me:s3cret@h1:26379,h2:0/mymaster", /redis\+sentinel:.*port from 1 to 65535/],
  ["redis+sentinel://me:s3cret@h1/mymaster/first", /number of a database/],
  ["redis+cluster://me:s3cret@h1:7001,h2:7002/1", /has no numbered databases/],
  ["redis+cluster://me:s3cret@h1:7001,h2:x", /redis\+cluster:.*port from 1 to 65535/],
])("%s is refused in words that do not show it", (url, demand) => {
  const parsed = parseRedisUrl(url);
  expect(parsed).toEqual({ ok: false, demand: expect.stringMatching(/^must /) });
  expect(parsed).toEqual({ ok: false, demand: expect.stringMatching(demand) });
  expect(JSON.stringify(parsed)).not.toContain("s3cret");
});

describe("a URL is shown without its passwords", () => {
  test.each([
    ["redis://me:s3cret@host:1/0", "redis://me:***@host:1/0"],
    ["redis://:s3cr@et@host", "redis://:***@host"],
    ["redis://me@host:1", "redis://me@host:1"],
    ["unix:///run/s?username=me&password=s3cret&db=1", "unix:///run/s?username=me&password=***&db=1"],
    [
      "redis+sentinel://me:s3cret@h1:1,h2:2/m?sentinel_password=s3cret",
      "redis+sentinel://me:***@h1:1,h2:2/m?sentinel_password=***",
    ],
    ["rediss+cluster://h1:1,h2:2", "rediss+cluster://h1:1,h2:2"],
  ])("%s", (url, shown) => {
    expect(withoutPassword(url)).toBe(shown);
  });
});
