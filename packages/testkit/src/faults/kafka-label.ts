/** The client id in the first request of a Kafka connection, which our services set to their own name. */
export function kafkaClientId(first: Buffer): string | null {
  // Size, API key, version, correlation id; then the client id with its length.
  if (first.length < 14) return null
  const length = first.readInt16BE(12)
  return length > 0 && first.length >= 14 + length ? first.toString('utf8', 14, 14 + length) : null
}
