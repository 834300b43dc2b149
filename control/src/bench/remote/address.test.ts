import { expect, test } from "vitest";
import { addressText, rsyncHostOf, sshAddressOf } from "./address.ts";

test.each([
  ["v1", { destination: "v1", port: null }],
  ["me@v1.example", { destination: "me@v1.example", port: null }],
  ["ssh://v1", { destination: "v1", port: null }],
  ["ssh://me@10.0.0.7:2222", { destination: "me@10.0.0.7", port: 2222 }],
  ["ssh://me@v1/run/docker.sock", { destination: "me@v1", port: null }],
  ["ssh://me@[::1]:22", { destination: "me@::1", port: 22 }],
  ["tcp://v1:2376", { destination: "v1", port: null }],
])("%s is a host that ssh reaches", (text, address) => {
  expect(sshAddressOf(text)).toEqual(address);
});

test.each([
  "",
  "-oProxyCommand=touch",
  "ssh://-oProxyCommand=touch",
  "me@-v1",
  "a b",
  "v1;ls",
  "unix:///var/run/docker.sock",
  "npipe:////./pipe/docker",
  "ssh://",
])("%j is none", (text) => {
  expect(sshAddressOf(text)).toBeNull();
});

test("rsync has an IPv6 address in brackets, and people read the port with the host", () => {
  const address = { destination: "me@::1", port: 22 };
  expect(rsyncHostOf(address)).toBe("me@[::1]");
  expect(rsyncHostOf({ destination: "v1", port: null })).toBe("v1");
  expect(addressText({ destination: "me@v1", port: 2222 })).toBe("me@v1:2222");
  expect(addressText({ destination: "v1", port: null })).toBe("v1");
});
