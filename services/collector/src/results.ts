import { refusals, type Refusal, type RefusalCode } from './refusals.ts'

/** What became of one event; an element of `results` over REST, a `Result` or `Ack` over gRPC. */
export interface Result {
  /** Null where the event has none that can be read. */
  readonly id: string | null
  readonly status: number
  readonly code?: RefusalCode
  readonly pointer?: string
  /** Where the event is in the raw topic; the offset in decimal digits, as all 64-bit integers. */
  readonly partition?: number
  readonly offset?: string
  readonly detail?: string
}

/** How a whole request is answered. */
export interface Summary {
  readonly status: number
  /** The first refusal that the status stands for; null where everything is accepted or some is. */
  readonly refused: Result | null
}

export function accepted(id: string, at: { readonly partition: number; readonly offset: bigint }): Result {
  return { id, status: 202, partition: at.partition, offset: at.offset.toString() }
}

export function refused(id: string | null, { code, pointer, detail }: Refusal): Result {
  return { id, status: refusals[code].status, code, ...(pointer !== undefined && { pointer }), detail }
}

/**
 * 202 only if every event is durable; 503 if any is in doubt, for then the whole request should be sent again;
 * 207 if some were accepted and all others refused for their content; else the status that all share, or 400.
 */
export function summarise(results: readonly Result[], success = 202): Summary {
  const failed = results.filter((result) => result.code !== undefined)
  if (failed.length === 0) return { status: success, refused: null }
  const ours = failed.find((result) => result.status >= 500)
  if (ours !== undefined) return { status: 503, refused: ours }
  if (failed.length < results.length) return { status: 207, refused: null }
  const [first] = failed
  const isShared = failed.every((result) => result.status === first?.status)
  return { status: isShared && first !== undefined ? first.status : 400, refused: first ?? null }
}
