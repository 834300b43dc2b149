/** GET /v1/events: the feed from the spool, so that a consumer needs no broker: a page as JSON, or all that comes as SSE. */
import { createFilter } from "../../events/filter.ts";
import { defaultTiming, type HttpContext, type HttpDeps, type Operation } from "../deps.ts";
import { cursorOf, type EventsAsked, readEventQuery } from "../event-query.ts";
import { type EventWriter, eventStream } from "../sse.ts";

/** Of JSON in one page: it is held in memory until its client has read it. */
const maxCharacters = 4 * 1024 * 1024;

export const listEvents: Operation = {
  method: "GET",
  path: "/v1/events",
  route: "/v1/events",
  open: false,
  handle(c, deps) {
    const asked = readEventQuery(
      { queries: c.req.queries(), lastEventId: c.req.header("last-event-id") },
      deps.events.spool,
    );
    const wantsStream =
      (c.req.header("accept") ?? "").includes("text/event-stream") || c.req.query("stream") === "true";
    return wantsStream ? streamEvents(c, { deps, asked }) : page(deps, asked);
  },
};

/** Assembled as text: the events are JSON already. */
async function page({ events: { spool } }: HttpDeps, asked: EventsAsked): Promise<Response> {
  const { limit, patterns, jobId } = asked;
  const { last } = spool.bounds();
  const texts: string[] = [];
  let characters = 0;
  let after = asked.after ?? 0;
  // A sparse filter is read in several steps.
  while (texts.length < limit && after < last && characters < maxCharacters) {
    const { events, through } = await spool.read({
      after,
      limit: limit - texts.length,
      maxCharacters: maxCharacters - characters,
      patterns,
      jobId,
    });
    for (const { json } of events) {
      texts.push(json);
      characters += json.length;
    }
    after = jobId !== null && events.length === 0 ? last : through;
  }
  const rest = `"next":${JSON.stringify(cursorOf(spool, after))},"has_more":${after < last}`;
  const body = `{"object":"list","data":[${texts.join(",")}],${rest}}`;
  return new Response(body, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
}

function streamEvents(c: HttpContext, { deps, asked }: { deps: HttpDeps; asked: EventsAsked }): Response {
  const left = c.get("left");
  return eventStream({
    timing: { ...defaultTiming, ...deps.timing },
    cutOff: () => c.env.outgoing.destroy(),
    onLeft: () => left.abort(),
    follow: (to) => follow(to, { deps, asked, signal: left.signal }),
  });
}

/** Until the client leaves, or the server stops. Without a place to begin it begins now. */
async function follow(
  to: EventWriter,
  { deps, asked, signal }: { deps: HttpDeps; asked: EventsAsked; signal: AbortSignal },
): Promise<void> {
  const { spool, onEphemeral } = deps.events;
  const { patterns, jobId } = asked;
  const fits = createFilter(patterns);
  let after = asked.after ?? spool.bounds().last;
  let wake = () => {};
  const stop = [
    spool.onCommitted(() => wake()),
    onEphemeral((event) => {
      // No id: it cannot be asked for again.
      const isWanted = (jobId === null || event.partitionKey === jobId) && fits(event.name);
      if (isWanted && !signal.aborted) to.offer(`data: ${event.json}\n\n`);
    }),
  ];
  const rouse = () => wake();
  for (const end of [signal, deps.stopping]) end.addEventListener("abort", rouse);
  try {
    to.send(`retry: 1000\n\n`);
    while (!signal.aborted) {
      await to.drained();
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const { events, through } = await spool.read({ after, limit: 256, maxCharacters: 256 * 1024, patterns, jobId });
      for (const { position, json } of events) to.send(`id: ${cursorOf(spool, position)}\ndata: ${json}\n\n`);
      const isAtEnd = through <= after && events.length === 0;
      after = Math.max(after, through);
      // At a stop, subscribers still hear how the accepted jobs end.
      if (isAtEnd && deps.stopping.aborted && !isBusy(deps)) return;
      if (isAtEnd && !signal.aborted) await changed;
    }
  } finally {
    for (const end of [signal, deps.stopping]) end.removeEventListener("abort", rouse);
    for (const end of stop) end();
  }
}

const isBusy = ({ jobs, events: { spool } }: HttpDeps) =>
  spool.waiting() > 0 || jobs.jobs().some(({ state }) => state === "waiting" || state === "running");
