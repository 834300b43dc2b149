/**
 * What the machine itself makes slow, for the overload test: a server that reads each request, needs as much processor time
 * for it as ours does, and refuses it. Prints its port.
 *
 * Usage: overload-twin.ts MICROSECONDS_PER_REQUEST
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const costUs = Number(process.argv[2]);

/** By processor time: when others have the core, that takes longer, as it does for any server. */
function work(): void {
  const begun = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(begun);
    if (user + system >= costUs) return;
  }
}

const server = createServer((request, response) => {
  request.resume().once("end", () => {
    work();
    response.writeHead(503, { "retry-after": "1" }).end();
  });
});
// Longer than any client keeps one that it does not use.
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
