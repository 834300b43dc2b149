/** A control plane in small for the tests of its death: starts the embedded server in a directory, and says its pid. */
import { openEventsRig } from "./events-rig.ts";

const rig = openEventsRig(process.argv[2]);
const server = await rig.startServer();
process.stdout.write(`${JSON.stringify({ pid: server.pid })}\n`);
setInterval(() => undefined, 60_000);
