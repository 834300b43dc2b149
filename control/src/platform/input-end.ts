/** Whether whoever started this process is still there: it holds our standard input, whose end is its own, however it went. */

/** Aborted at the end of standard input, which is read and thrown away. It keeps no process running. */
export function inputEnd(): AbortSignal {
  const over = new AbortController();
  const end = () => over.abort();
  process.stdin.once("end", end).once("close", end).on("error", end);
  process.stdin.resume();
  process.stdin.unref();
  return over.signal;
}
