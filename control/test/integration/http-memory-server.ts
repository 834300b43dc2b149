/** A server of the HTTP rig in a process of its own, whose memory is nobody else's. Prints its URL; ends with its stdin. */
import { openHttpRig } from "./http-rig.ts";

const rig = await openHttpRig();
process.stdout.write(`${rig.url}\n`);
process.stdin.resume().once("end", () => void rig.close());
