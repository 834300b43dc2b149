/** What the examples do with an event: they print how each job ended. */
export const node = process.env.HUM_URL ?? "http://127.0.0.1:8000";
const key = process.env.HUM_API_KEY;
export const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };

export async function tell({ type, data, dataref }) {
  switch (type) {
    case "io.humhelix.transcription.completed.v1":
      console.log(`${data.job_id}: ${data.text ?? (await fetchText(dataref))}`);
      return;
    case "io.humhelix.transcription.failed.v1":
      console.log(`${data.job_id} failed: ${data.error.message}`);
      return;
    default: // Types that are of no interest, or that a later version added.
  }
}

/** A text that is too large for an event is at the node, for as long as its spool keeps it. */
async function fetchText(dataref) {
  const answer = await fetch(node + dataref, { headers, signal: AbortSignal.timeout(10_000) });
  if (answer.status === 404) return "(no longer kept)";
  if (!answer.ok) throw new Error(`${node}${dataref} answered ${answer.status}`);
  return (await answer.json()).text;
}
