const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

/** W3C trace context, if the value of a `traceparent` header is one: it goes on into the headers of the record. */
export function traceOf(header: unknown): { readonly traceparent?: string } {
  return typeof header === 'string' && traceparentPattern.test(header) ? { traceparent: header } : {}
}
