/** What somebody asks for: an event by its id, or a record by its place. */
export type Query =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'place'; readonly topic: string; readonly partition: number; readonly offset: bigint }

/** Reads an event id, `topic/partition@offset`, or the collector's answer pasted whole; null: nothing was given. */
export function parseQuery(text: string, rawTopic: string): Query | null {
  const given = text.trim()
  if (given === '') return null
  const place = /^([A-Za-z0-9._-]+)[/ ](\d{1,6})[@/ :](\d{1,19})$/.exec(given)
  if (place !== null) return { kind: 'place', topic: place[1]!, partition: Number(place[2]), offset: BigInt(place[3]!) }
  return readAnswer(given, rawTopic) ?? { kind: 'id', id: given }
}

/** `{"results":[{"id":"…","partition":3,"offset":"48011"}]}`, or one such result. */
function readAnswer(text: string, rawTopic: string): Query | null {
  if (!text.startsWith('{') && !text.startsWith('[')) return null
  try {
    const parsed = JSON.parse(text) as { results?: unknown[] }
    const [result] = (parsed.results ?? [parsed].flat()) as { id?: unknown; partition?: unknown; offset?: unknown }[]
    if (result === undefined) return null
    if (typeof result.partition === 'number' && /^\d+$/.test(String(result.offset))) {
      return { kind: 'place', topic: rawTopic, partition: result.partition, offset: BigInt(String(result.offset)) }
    }
    return typeof result.id === 'string' ? { kind: 'id', id: result.id } : null
  } catch {
    return null
  }
}
