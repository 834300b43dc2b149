/** What a server says of its stages: the standard header Server-Timing (https://www.w3.org/TR/server-timing/). */

/** Seconds by name; metrics without a duration, and what is no metric, are left out. */
export function readServerTiming(header: string | undefined): Record<string, number> {
  const stages: Record<string, number> = {};
  for (const metric of header?.split(",") ?? []) {
    const [name = "", ...parameters] = metric.split(";").map((part) => part.trim());
    const written = parameters.find((parameter) => /^dur\s*=/i.test(parameter));
    const duration = Number(/=\s*"?([\d.]+(?:e[+-]?\d+)?)"?$/i.exec(written ?? "")?.[1] ?? Number.NaN);
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && Number.isFinite(duration)) stages[name] = duration / 1000;
  }
  return stages;
}
