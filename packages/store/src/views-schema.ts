/** `realtime.yaml` as it is written. */
export interface ViewsFile {
  readonly states?: Readonly<Record<string, StateFile>>
  readonly boards?: Readonly<Record<string, BoardFile>>
  readonly recent?: Readonly<Record<string, RecentFile>>
  readonly counts: { readonly ttl: string }
}

interface StateFile {
  readonly key: string
  readonly ttl: string
  readonly events: Readonly<
    Record<
      string,
      {
        readonly set?: Readonly<Record<string, string>>
        readonly copy?: readonly string[]
        readonly fields?: Readonly<Record<string, string>>
      }
    >
  >
}

interface BoardFile {
  readonly key: readonly string[]
  readonly at: string
  readonly entry: string
  readonly ttl: string
  readonly events: readonly string[]
}

interface RecentFile {
  readonly size: number
  readonly ttl: string
  readonly events: readonly string[]
  readonly needs?: string
  readonly fields: Readonly<Record<string, string>>
}

const pointer = { type: 'string', pattern: '^(/[^/]+)+$' }
const ttl = { type: 'string', pattern: '^P(?=.)(\\d{1,3}D)?(T(?=.)(\\d{1,3}H)?(\\d{1,4}M)?)?$' }
const type = { type: 'string', pattern: '^[a-z][a-z0-9_.]*\\.v[0-9]+$' }
const events = { type: 'array', items: type, minItems: 1, uniqueItems: true }
const field = { type: 'string', pattern: '^[a-z][a-z0-9_]*$', maxLength: 64 }
const fields = { type: 'object', propertyNames: field, additionalProperties: pointer }

function closed(properties: object, required: readonly string[]) {
  return { type: 'object', properties, required, additionalProperties: false }
}

function named(view: object) {
  return {
    type: 'object',
    propertyNames: { type: 'string', pattern: '^[a-z][a-z0-9-]*$', maxLength: 32 },
    additionalProperties: view
  }
}

/** JSON Schema of `realtime.yaml`. */
export const viewsSchema = closed(
  {
    states: named(
      closed(
        {
          key: pointer,
          ttl,
          events: {
            type: 'object',
            minProperties: 1,
            propertyNames: type,
            additionalProperties: closed(
              {
                set: { type: 'object', propertyNames: field, additionalProperties: { type: 'string' } },
                copy: { type: 'array', items: field, uniqueItems: true },
                fields
              },
              []
            )
          }
        },
        ['key', 'ttl', 'events']
      )
    ),
    boards: named(
      closed({ key: { type: 'array', items: pointer, minItems: 1 }, at: pointer, entry: pointer, ttl, events }, [
        'key',
        'at',
        'entry',
        'ttl',
        'events'
      ])
    ),
    recent: named(
      closed({ size: { type: 'integer', minimum: 1, maximum: 1000 }, ttl, events, needs: pointer, fields }, [
        'size',
        'ttl',
        'events',
        'fields'
      ])
    ),
    counts: closed({ ttl }, ['ttl'])
  },
  ['counts']
)
