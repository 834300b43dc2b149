import { expect, test } from "vitest";
import { loadConfig } from "../core/load-config.ts";
import { configuredUrl } from "./server.ts";

const configOf = (host: string) => loadConfig({ env: { HUM_HTTP_HOST: host, HUM_API_KEY: "long-enough" } });

test.each(["::1", "[::1]"])("%s is one address: bare to listen on, in brackets within a URL", (host) => {
  const config = configOf(host);
  expect(config.http.host).toBe("::1");
  expect(configuredUrl(config)).toBe("http://[::1]:8000");
});

test.each([
  ["0.0.0.0", "http://127.0.0.1:8000"],
  ["[::]", "http://[::1]:8000"],
  ["localhost", "http://localhost:8000"],
])("a server at %s is reached from here at %s", (host, url) => {
  expect(configuredUrl(configOf(host))).toBe(url);
});
