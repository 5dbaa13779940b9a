import type { CloudEvent } from '@sluice/events'
import { allAgain, type Answer, answerOf, type Attempt, isAboutTheEvent, type Result } from '@sluice/flights'

export interface PostEventsDeps {
  readonly collectorUrl: string
  readonly apiKey: string
}

/** The collector answers within a second; what takes longer than this is lost. */
const requestTimeoutMs = 5000

/** Posts events in one request, once. Whatever the network does is an answer too: all of them again. */
export function createPostEvents({ collectorUrl, apiKey }: PostEventsDeps) {
  const url = new URL('/v1/events', collectorUrl)
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/cloudevents-batch+json' }

  async function postEvents(events: readonly CloudEvent[]): Promise<Attempt> {
    try {
      const signal = AbortSignal.timeout(requestTimeoutMs)
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(events), signal })
      const body = parse(await response.text())
      const results = resultsOf(events, body)
      if (results === null) return await withoutResults(events, response, body)
      return { answer: answerOf(events, (index) => results[index]), retryAfterMs: retryAfterOf(response) }
    } catch (error) {
      const problem = `the collector at ${url.host} does not answer: ${reasonOf(error)}`
      return { answer: allAgain(events, problem), retryAfterMs: null }
    }
  }

  /** A request that is refused as a whole for something in it is cut into halves until the event is found. */
  async function withoutResults(events: readonly CloudEvent[], response: Response, body: unknown): Promise<Attempt> {
    const code = codeOf(body) ?? `status_${response.status}`
    if (!isAboutTheEvent(response.status, code)) {
      const problem = `the collector at ${url.host} answers ${response.status} ${code}`
      return { answer: allAgain(events, problem), retryAfterMs: retryAfterOf(response) }
    }
    if (events.length === 1)
      return { answer: answerOf(events, () => ({ status: response.status, code })), retryAfterMs: null }
    const half = Math.ceil(events.length / 2)
    const first = await postEvents(events.slice(0, half))
    // What comes later must not overtake what is to be sent again.
    if (first.answer.again.length > 0) return andAgain(first, events.slice(half))
    return join(first, await postEvents(events.slice(half)))
  }

  return postEvents
}

function andAgain({ answer, retryAfterMs }: Attempt, later: readonly CloudEvent[]): Attempt {
  return { answer: { ...answer, again: [...answer.again, ...later] }, retryAfterMs }
}

function join(first: Attempt, second: Attempt): Attempt {
  const [a, b] = [first.answer, second.answer]
  const answer: Answer = {
    accepted: [...a.accepted, ...b.accepted],
    refused: [...a.refused, ...b.refused],
    again: b.again,
    problem: b.problem
  }
  return { answer, retryAfterMs: second.retryAfterMs }
}

/** One result for each event, in order, under its id; else null. */
function resultsOf(events: readonly CloudEvent[], body: unknown): readonly Result[] | null {
  const { results } = { ...(body as { readonly results?: unknown } | null) }
  if (!Array.isArray(results) || results.length !== events.length) return null
  const matches = (results as { readonly id?: unknown }[]).every((result, index) => result.id === events[index]?.id)
  return matches ? (results as Result[]) : null
}

function codeOf(body: unknown): string | null {
  const { code } = { ...(body as { readonly code?: unknown } | null) }
  return typeof code === 'string' ? code : null
}

/** Seconds, or a date. */
function retryAfterOf({ headers }: Response): number | null {
  const value = headers.get('retry-after')
  if (value === null) return null
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? null : ms
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}
