import { bearer, weather } from './fixtures.ts'

/* The rows of "Bad inputs and the answer they get" that a request can carry. */

export interface Refused {
  readonly status: number
  readonly code: string
  readonly pointer?: string
}

const json = { 'content-type': 'application/json' }
export const batch = { 'content-type': 'application/cloudevents-batch+json' }
const whole = JSON.stringify(weather('1'))

/** Requests by their bytes: text or bytes, headers. */
export const requests: [
  row: string,
  what: string,
  body: string | Buffer,
  headers: Record<string, string | undefined>,
  answer: Refused
][] = [
  ['1', 'malformed JSON', '{"specversion":', {}, { status: 400, code: 'invalid_json' }],
  ['1', 'malformed JSON in a batch', `[${whole},]`, batch, { status: 400, code: 'invalid_json' }],
  [
    '1',
    'malformed JSON behind something else that is wrong',
    `[{"a":1,"a":2},${whole}`,
    batch,
    { status: 400, code: 'invalid_json' }
  ],
  ['2', 'an empty body', '', json, { status: 400, code: 'empty_body' }],
  ['3', 'no content type', whole, { 'content-type': undefined }, { status: 415, code: 'unsupported_media_type' }],
  ['3', 'text/plain', whole, { 'content-type': 'text/plain' }, { status: 415, code: 'unsupported_media_type' }],
  [
    '4',
    'a content type with a tab',
    whole,
    { 'content-type': 'application/json\t' },
    { status: 415, code: 'unsupported_media_type' }
  ],
  [
    '4',
    'a content type with a leading space',
    whole,
    { 'content-type': ' application/json' },
    { status: 415, code: 'unsupported_media_type' }
  ],
  [
    '4',
    'a content type with a bare semicolon',
    whole,
    { 'content-type': 'application/json;' },
    { status: 415, code: 'unsupported_media_type' }
  ],
  ['5', 'a body above the limit', Buffer.alloc(1_048_577, ' '), {}, { status: 413, code: 'body_too_large' }],
  ['10', 'a compressed body', whole, { 'content-encoding': 'gzip' }, { status: 415, code: 'unsupported_encoding' }],
  [
    '14',
    'a batch of 1,001',
    JSON.stringify(Array.from({ length: 1_001 }, () => 1)),
    batch,
    { status: 413, code: 'batch_too_large' }
  ],
  [
    '14',
    'a batch of 100,000 with a doubled key',
    `[{"a":1,"a":1}${',1'.repeat(100_000)}]`,
    batch,
    { status: 413, code: 'batch_too_large' }
  ],
  ['14', 'an empty batch', ' [ ] ', batch, { status: 400, code: 'empty_batch' }],
  ['14', 'a batch that is no array', whole, batch, { status: 400, code: 'envelope' }],
  ['22', 'no ce- headers', '{}', json, { status: 400, code: 'envelope', pointer: '/specversion' }],
  ['26', 'no key', whole, { authorization: undefined }, { status: 401, code: 'unauthenticated' }],
  ['26', 'a wrong key', whole, { authorization: bearer('nobody') }, { status: 401, code: 'unauthenticated' }],
  ['26', 'a revoked key', whole, { authorization: bearer('revoked') }, { status: 401, code: 'unauthenticated' }]
]

/** Events by their JSON text, so that anything can be written; `#` stands for the data. */
export const data = (text: string) => JSON.stringify(weather('1', { data: '#' })).replace('"#"', text)
export const eventWith = (changes: Record<string, unknown>) => JSON.stringify(weather('1', changes))
const nested = (levels: number) => data('['.repeat(levels) + ']'.repeat(levels))

export const events: [row: string, what: string, text: string | Buffer, answer: Refused][] = [
  [
    '11',
    'a key __proto__',
    data('{"__proto__":{"a":1}}'),
    { status: 400, code: 'forbidden_key', pointer: '/data/__proto__' }
  ],
  [
    '11',
    'a key constructor',
    data('{"constructor":{"prototype":1}}'),
    { status: 400, code: 'forbidden_key', pointer: '/data/constructor' }
  ],
  ['12', 'a key twice', data('{"a":1,"b":{"a":2},"a":1}'), { status: 400, code: 'duplicate_key', pointer: '/data/a' }],
  ['13', 'nesting over 32 levels', nested(32), { status: 400, code: 'too_deep' }],
  ['13', 'nesting over 100,000 levels', nested(100_000), { status: 400, code: 'too_deep' }],
  [
    '18',
    'an integer beyond 2^53',
    data('{"a":9007199254740993}'),
    { status: 400, code: 'unsafe_integer', pointer: '/data/a' }
  ],
  [
    '18',
    'more digits than a double keeps',
    data('{"a":0.1234567890123456789}'),
    { status: 400, code: 'unsafe_number', pointer: '/data/a' }
  ],
  ['19', '1e400', data('{"a":1e400}'), { status: 400, code: 'number_range', pointer: '/data/a' }],
  ['20', 'a lone surrogate', data('{"a":"\\ud800"}'), { status: 400, code: 'invalid_utf8', pointer: '/data/a' }],
  ['20', 'invalid UTF-8', latin1(data('{"a":"\u00ff"}')), { status: 400, code: 'invalid_utf8' }],
  ['21', 'a NUL', data('{"a":"\\u0000"}'), { status: 422, code: 'nul_character', pointer: '/data/a' }],
  ['22', 'an empty id', eventWith({ id: '' }), { status: 400, code: 'envelope', pointer: '/id' }],
  ['22', 'no id', eventWith({ id: undefined }), { status: 400, code: 'envelope', pointer: '/id' }],
  ['22', 'an id of 257 bytes', eventWith({ id: 'x'.repeat(257) }), { status: 400, code: 'envelope', pointer: '/id' }],
  [
    '23',
    'a time without zone',
    eventWith({ time: '2013-01-01T06:55:00' }),
    { status: 400, code: 'envelope', pointer: '/time' }
  ],
  [
    '23',
    'a time of 30 February',
    eventWith({ time: '2013-02-30T06:55:00Z' }),
    { status: 400, code: 'envelope', pointer: '/time' }
  ],
  ['23', 'no time', eventWith({ time: undefined }), { status: 400, code: 'envelope', pointer: '/time' }],
  [
    '24',
    'an unknown type',
    eventWith({ type: 'weather.guessed.v1' }),
    { status: 422, code: 'unknown_type', pointer: '/type' }
  ],
  [
    '24',
    'an unknown major version',
    eventWith({ type: 'weather.observed.v2' }),
    { status: 422, code: 'unknown_type', pointer: '/type' }
  ],
  [
    '24',
    'an unknown minor version',
    eventWith({ dataschema: 'urn:sluice:weather.observed:1.99' }),
    { status: 422, code: 'unknown_version', pointer: '/dataschema' }
  ],
  [
    '24',
    "another type's contract",
    eventWith({ dataschema: 'urn:sluice:flight.landed:1.0' }),
    { status: 422, code: 'unknown_version', pointer: '/dataschema' }
  ],
  [
    '26',
    "another key's source",
    eventWith({ source: 'urn:test:other' }),
    { status: 403, code: 'forbidden_source', pointer: '/source' }
  ],
  [
    '26',
    'a sourceid of its own',
    eventWith({ sourceid: 'other' }),
    { status: 400, code: 'envelope', pointer: '/sourceid' }
  ],
  [
    '17',
    'an attribute that CloudEvents does not allow',
    eventWith({ not_allowed: '1' }),
    { status: 400, code: 'envelope', pointer: '/not_allowed' }
  ],
  [
    '47',
    'an event above 512 KiB',
    eventWith({ data: { a: 'x'.repeat(524_288) } }),
    { status: 413, code: 'event_too_large', pointer: '' }
  ]
]

/** Accepted, and what is stored. */
export const acceptable: [row: string, what: string, text: string, stored: string][] = [
  ['13', 'nesting of 32 levels', nested(31), nested(31)],
  ['16', 'an integer as text', data('{"wind_direction_degrees":"5"}'), data('{"wind_direction_degrees":"5"}')],
  ['16', 'a scalar for an object', data('5'), data('5')],
  ['17', 'an unknown field', data('{"mood":null}'), data('{"mood":null}')],
  ['17', 'an extension', eventWith({ mood: 'grey' }), eventWith({ mood: 'grey' })],
  ['19', '-0', data('{"a":-0,"b":1.0,"c":1e2}'), data('{"a":0,"b":1,"c":100}')],
  ['21', 'a byte order mark', `\ufeff${whole}`, whole],
  [
    '23',
    'a time outside of the window',
    eventWith({ time: '1999-01-01T00:00:00Z' }),
    eventWith({ time: '1999-01-01T00:00:00Z' })
  ]
]

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** What a test compares of an answer. */
export function shortOf(
  status: number | undefined,
  found: { readonly code?: string; readonly pointer?: string } | undefined,
  expected: Refused
) {
  return { status, code: found?.code, ...(expected.pointer !== undefined && { pointer: found?.pointer }) }
}
