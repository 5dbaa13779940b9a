/** Why a request gets no scores. Each is a gRPC status and an HTTP status, see `statusOf`. */
export type Fault = 'not_found' | 'invalid_argument' | 'overloaded'

/** What a request gets: a value, or a fault with one sentence that names the thing, what was expected and what was found. */
export type Answer<T> = { readonly ok: true; readonly value: T } | Refusal

export interface Refusal {
  readonly ok: false
  readonly fault: Fault
  readonly message: string
}

export function answer<T>(value: T): Answer<T> {
  return { ok: true, value }
}

export function refuse(fault: Fault, message: string): Refusal {
  return { ok: false, fault, message }
}

/** A name from a request, as it may stand in a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text)
}
