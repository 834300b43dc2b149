import { DatabaseSync } from "node:sqlite";
import { consumers } from "../../consumers/suite.ts";
import { python } from "../direct.ts";

function forgetPlace(state: string): void {
  const db = new DatabaseSync(state);
  db.exec("DELETE FROM place");
  db.close();
}

consumers([
  { file: "consumer.py", command: python, ready: null, rewind: null },
  { file: "faststream_app.py", command: python, ready: /FastStream app started successfully/, rewind: null },
  { file: "consumer.mjs", command: process.execPath, ready: null, rewind: null },
  { file: "consumer-sse.mjs", command: process.execPath, ready: null, rewind: forgetPlace },
]);
