/** A process that is one member of a consumer group: tells on stdout what it gets, and acknowledges it after `workMs`. */
import { consumeKafka } from "../../../src/events/clients/kafka-consume.ts";

const [address = "", topic = "", groupId = "", workMs = "0"] = process.argv.slice(2);
const consumption = await consumeKafka({
  brokers: [address],
  clientId: "worker",
  tls: false,
  timeoutMs: 2_000,
  topic,
  groupId,
  sessionTimeoutMs: 1_500,
  maxInFlight: 8,
  onMessage({ value, ack }) {
    process.stdout.write(`${value}\n`);
    setTimeout(ack, Number(workMs));
  },
});
process.stdout.write("joined\n");
const error = await consumption.closed;
process.stderr.write(`${error.message}\n`);
