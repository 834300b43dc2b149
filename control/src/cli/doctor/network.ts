/** The HTTP port, and the configured Redis. */
import { createServer } from "node:net";
import type { Config } from "../../core/config.ts";
import { withoutPassword } from "../../core/redis-url.ts";
import { connectRedis } from "../../events/clients/redis.ts";
import { answers, configuredUrl } from "../server.ts";
import { type Finding, fine } from "./finding.ts";

export async function checkPort(config: Config): Promise<Finding[]> {
  const { host, port } = config.http;
  const name = "port";
  const problem = await bindProblem(host, port);
  if (problem === null) return [fine(name, port === 0 ? "any free one will be taken" : `${port} of ${host} is free`)];
  if (problem.code !== "EADDRINUSE") {
    return [
      { name, state: "fail", detail: `${host}:${port}: ${problem.message}`, fix: "set HUM_HTTP_HOST or HUM_HTTP_PORT" },
    ];
  }
  const url = configuredUrl(config);
  if (await answers(url)) return [fine(name, `a hum-helix server runs at ${url}`)];
  return [
    {
      name,
      state: "fail",
      detail: `${port} of ${host} is taken by another program`,
      fix: "end that program, or set HUM_HTTP_PORT to another port (0 takes any that is free)",
    },
  ];
}

async function bindProblem(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
  const server = createServer();
  server.once("error", resolve);
  server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  return promise;
}

export async function checkRedis(config: Config): Promise<Finding[]> {
  const { url, command_timeout_s } = config.events.redis;
  const name = "redis";
  if (url === null) return [fine(name, "none configured: the server starts one of its own")];
  try {
    const connection = await connectRedis({
      url,
      name: "humhelix-doctor",
      commandTimeoutMs: command_timeout_s * 1000,
    });
    try {
      await connection.call("PING");
    } finally {
      connection.close();
    }
    return [fine(name, `answers at ${withoutPassword(url)}`)];
  } catch (error) {
    return [
      {
        name,
        // Requests are served without it; events wait.
        state: "warn",
        detail: `${withoutPassword(url)}: ${error instanceof Error ? error.message : error}`,
        fix: "start that Redis or correct HUM_REDIS_URL; without HUM_REDIS_URL the server starts one of its own",
      },
    ];
  }
}
