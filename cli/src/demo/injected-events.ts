import type { CloudEvent } from '@sluice/events'
import type { Period } from './period.ts'

/** What must become of something that the demo sends. */
type Fate =
  /** The collector says no; nothing reaches Kafka. */
  | { readonly kind: 'refused'; readonly code: string }
  /** The collector takes it, the enricher makes a dead letter of it. */
  | { readonly kind: 'dead'; readonly reason: string }
  | { readonly kind: 'landed' }
  | { readonly kind: 'repeat' }

export interface Injected {
  readonly what: string
  readonly via: 'rest' | 'grpc' | 'raw'
  /** Null: what is sent is not an event. */
  readonly event: CloudEvent | null
  /** Sent instead of the event's JSON, where that could not carry the fault. */
  readonly text?: string
  readonly fate: Fate
}

export const demoSource = 'urn:sluice:demo'

/** The fixed list, in the order in which it is sent: what is refused, what becomes a dead letter, valid events, repeats. */
export function injectedEvents(period: Period): readonly Injected[] {
  const list: Injected[] = []
  const refused = (what: string, code: string, event: CloudEvent | null, text?: string) => {
    for (const via of text === undefined ? (['rest', 'grpc'] as const) : (['rest'] as const))
      list.push({ what, via, event, ...(text !== undefined && { text }), fate: { kind: 'refused', code } })
  }
  const dead = (what: string, reason: string, make: (id: string) => CloudEvent) => {
    for (const via of ['rest', 'grpc'] as const)
      list.push({ what, via, event: make(`${via}-${what.replaceAll(' ', '-')}`), fate: { kind: 'dead', reason } })
  }
  const weather = weatherOf(period)

  refused('a type that nobody knows', 'unknown_type', { ...weather('unknown-type'), type: 'flight.imagined.v1' })
  refused('a version that is not there yet', 'unknown_version', {
    ...weather('unknown-version'),
    dataschema: 'urn:sluice:weather.observed:1.99'
  })
  refused("someone else's source", 'forbidden_source', { ...weather('stranger'), source: 'urn:sluice:flight-producer' })
  refused('a time without a zone', 'envelope', { ...weather('no-zone'), time: `${period.from}T12:00:00` })
  refused('text that is no JSON', 'invalid_json', null, '{"specversion": "1.0", "id": "cut')
  refused('a name that occurs twice', 'duplicate_key', null, '{"id":"a","id":"b"}')
  const digits = JSON.stringify(weather('digits')).replace('1013.2', '9007199254740993')
  refused('an integer beyond 2^53', 'unsafe_integer', weather('digits'), digits)

  dead('a wind of 1048 mph', 'contract', (id) => weather(id, { wind_speed_mph: 1048.36058 }))
  dead('a field that the contract does not have', 'contract', (id) => weather(id, { mood: 'grey' }))
  dead('a number as text', 'contract', (id) => weather(id, { wind_direction_degrees: '270' }))
  dead('a station that is missing', 'contract', (id) => weather(id, { station: undefined }))
  dead('a time long ago', 'clock_skew', (id) => ({ ...weather(id), time: '1999-12-31T23:00:00Z' }))
  dead('a time to come', 'clock_skew', (id) => ({ ...weather(id), time: '2030-01-01T00:00:00Z' }))

  list.push(
    {
      what: 'no JSON, straight into the topic',
      via: 'raw',
      event: null,
      text: 'not JSON',
      fate: { kind: 'dead', reason: 'parse' }
    },
    {
      what: 'no envelope, straight into the topic',
      via: 'raw',
      event: null,
      text: '{"temperature": 21}',
      fate: { kind: 'dead', reason: 'envelope' }
    },
    {
      what: 'a type that nobody knows, straight into the topic',
      via: 'raw',
      event: { ...received(weather('raw-unknown-type')), type: 'flight.imagined.v1' },
      fate: { kind: 'dead', reason: 'unknown_type' }
    }
  )

  const valid = ['valid-1', 'valid-2', 'valid-3', 'valid-4'].map((id) => weather(id))
  for (const [index, event] of valid.entries()) {
    const [first, second] = index % 2 === 0 ? (['rest', 'grpc'] as const) : (['grpc', 'rest'] as const)
    list.push({ what: 'a valid event', via: first, event, fate: { kind: 'landed' } })
    list.push({ what: 'the same once more', via: second, event, fate: { kind: 'repeat' } })
  }
  const bad = list.find(({ fate }) => fate.kind === 'dead')
  if (bad !== undefined) list.push({ ...bad, what: `${bad.what}, once more`, fate: { kind: 'repeat' } })
  return list
}

type WeatherOf = (id: string, changes?: Readonly<Record<string, unknown>>) => CloudEvent

function weatherOf({ from }: Period): WeatherOf {
  return (id, changes = {}) => ({
    specversion: '1.0',
    id: `demo-${id}`,
    source: demoSource,
    type: 'weather.observed.v1',
    time: `${from}T12:55:00Z`,
    datacontenttype: 'application/json',
    dataschema: 'urn:sluice:weather.observed:1.0',
    data: {
      station: 'EWR',
      observed_hour: `${from}T12:00:00Z`,
      temperature_f: 71.6,
      dew_point_f: 60.8,
      humidity_percent: 69.1,
      wind_direction_degrees: 220,
      wind_speed_mph: 9.2,
      wind_gust_mph: null,
      precipitation_inches: 0,
      pressure_millibars: 1013.2,
      visibility_miles: 10,
      ...changes
    }
  })
}

/** As if the collector had taken it. */
function received(event: CloudEvent): CloudEvent {
  return { ...event, receivedtime: new Date().toISOString(), sourceid: 'demo' }
}
