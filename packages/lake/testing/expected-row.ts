import type { LakeColumn, LakeType } from '../src/types.ts'

/**
 * A JSON value as `read_delta.py` prints it once it has been through a column: 64-bit integers as text, times as
 * microseconds. Written without the writer's code.
 */
export function expectedValue(type: LakeType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'integer':
    case 'long':
      return `${value as number | string}`
    case 'timestamp':
      return { micros: String(microsOf(value as string)) }
    case 'list':
      return (value as unknown[]).map((item) => expectedValue(type.element, item))
    case 'struct':
      return Object.fromEntries(
        type.fields.map(({ name, type: field }) => [
          name,
          expectedValue(field, (value as Record<string, unknown>)[name])
        ])
      )
    case 'double':
      // A lake has no negative zero worth telling from zero.
      return Object.is(value, -0) ? 0 : value
    default:
      return value
  }
}

export function expectedRow(
  columns: readonly LakeColumn[],
  values: Readonly<Record<string, unknown>>
): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name, type }) => [name, expectedValue(type, values[name])]))
}

/** Microseconds since the epoch of an RFC 3339 time. */
export function microsOf(time: string): bigint {
  const [, seconds = '', fraction = '', zone = ''] = /^(.{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(time) ?? []
  return BigInt(Date.parse(`${seconds}${zone}`)) * 1000n + BigInt(fraction.padEnd(6, '0'))
}
