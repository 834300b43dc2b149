/** Node itself, and the native part of its packages. */
import { checkoutRoot } from "../../core/checkout.ts";
import { invocation } from "../../core/invocation.ts";
import { runCommand } from "./command.ts";
import { type Finding, fine } from "./finding.ts";

const leastNodeMajor = 26;

export async function checkNode(): Promise<Finding[]> {
  const major = Number(process.versions.node.split(".")[0]);
  const node: Finding =
    major >= leastNodeMajor
      ? fine("node", `${process.version} ${process.platform} ${process.arch}`)
      : {
          name: "node",
          state: "fail",
          detail: `${process.version}, but ${leastNodeMajor} or later is needed`,
          fix: `run it by ${invocation()}, which takes the Node that npm ci installed`,
        };
  return [node, await checkZeromq()];
}

/** In a process of its own: a native library that does not fit may end the process that loads it. */
async function checkZeromq(): Promise<Finding> {
  const program = `const zmq = await import("zeromq"); console.log(zmq.version)`;
  const args = ["--input-type=module", "--eval", program];
  const outcome = await runCommand(process.execPath, args, { cwd: checkoutRoot });
  if (outcome.ok) return fine("zeromq", `loads, libzmq ${outcome.out.at(-1)}`);
  return {
    name: "zeromq",
    state: "fail",
    detail: `cannot be loaded: ${outcome.err.find((line) => /error/i.test(line)) ?? outcome.reason}`,
    fix: "run npm ci again in the checkout; on Debian also: apt-get install libatomic1 libstdc++6",
  };
}
