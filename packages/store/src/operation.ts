/** A change of one key. Every key is a hash; all times are milliseconds since the epoch. */
export type Operation = Merge | Entry | Count | Recent

interface OnKey {
  readonly key: string
  /** From here on readers ignore the key (of an `entry`: the entry). Stored as `expires_at`. */
  readonly expiresAtMs: number
}

/** Lays fields over those that are there. Only for keys that one partition alone writes. */
export interface Merge extends OnKey {
  readonly kind: 'merge'
  readonly set: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

/** Puts one entry into a key that many partitions write. Each entry must be written by one partition only. */
export interface Entry extends OnKey {
  readonly kind: 'entry'
  readonly field: string
  readonly value: string
}

/** Adds to a sum that many partitions write. `expiresAtMs` must follow from the key alone, so that sums commute. */
export interface Count extends OnKey {
  readonly kind: 'count'
  readonly field: string
  readonly by: number
}

/** Keeps the last `size` values. Only for keys that one partition alone writes. */
export interface Recent extends OnKey {
  readonly kind: 'recent'
  readonly size: number
  readonly value: string
}

/** The field in which the store keeps the end of a key; an operation must not name it. */
export const endField = 'expires_at'

/** The operation as arguments of apply-batch.lua, its key under `prefix`. */
export function argumentsOf(operation: Operation, prefix: string): string[] {
  const args = ownArguments(operation)
  return [operation.kind, prefix + operation.key, String(operation.expiresAtMs), String(args.length), ...args]
}

function ownArguments(operation: Operation): string[] {
  if (operation.kind === 'entry') return [operation.field, operation.value]
  if (operation.kind === 'count') return [operation.field, String(operation.by)]
  if (operation.kind === 'recent') return [String(operation.size), operation.value]
  return [String(operation.remove.length), ...operation.remove, ...Object.entries(operation.set).flat()]
}
