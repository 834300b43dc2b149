/** W3C Trace Context as a request carries it: what is no valid traceparent is dropped, as the standard wants. */

const form = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** https://www.w3.org/TR/trace-context/#traceparent-header; null where there is none that can be passed on. */
export function traceparentOf(header: string | undefined): string | null {
  return header !== undefined && form.test(header) && !header.startsWith("ff") ? header : null;
}
