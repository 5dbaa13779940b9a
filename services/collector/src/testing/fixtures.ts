import { createHash } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { loadContracts, type Contracts } from '@sluice/contracts'
import { parseJsonStrict, type Log } from '@sluice/events'
import fc from 'fast-check'

/* What the tests of this service share. */

export const schemasDir = join(import.meta.dirname, '../../../../schemas')

export const contracts: Contracts = await loadContracts(schemasDir)

const source = 'urn:test:collector'

const secretOf = (id: string) => createHash('sha256').update(`secret of ${id}`).digest('base64url')

/** What a client sends in `authorization`; the key is in the file of `writeKeys` under the same id. */
export function bearer(id = 'test'): string {
  return `Bearer ${id}.${secretOf(id)}`
}

export function keyEntry(id: string, { revoked = false, sources = [source] } = {}) {
  const salt = createHash('sha256').update(`salt of ${id}`).digest()
  const sha256 = createHash('sha256').update(salt).update(secretOf(id)).digest('hex')
  return { id, salt: salt.toString('hex'), sha256, sources, revoked }
}

/** A key file with the keys `test`, `other` (another source) and `revoked`; returns its path. */
export function writeKeys(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'sluice-collector-')), 'api-keys.json')
  const keys = [
    keyEntry('test'),
    keyEntry('other', { sources: ['urn:test:other'] }),
    keyEntry('revoked', { revoked: true })
  ]
  writeFileSync(path, JSON.stringify({ keys }))
  return path
}

export interface TestEvent {
  [name: string]: unknown
  id: string
  data: unknown
}

/** An event that its contract accepts, with changes. */
export function weather(id: string, changes: Record<string, unknown> = {}): TestEvent {
  return {
    specversion: '1.0',
    id,
    source,
    type: 'weather.observed.v1',
    time: '2013-01-01T06:55:00Z',
    dataschema: 'urn:sluice:weather.observed:1.0',
    datacontenttype: 'application/json',
    data: {
      station: 'EWR',
      observed_hour: '2013-01-01T06:00:00Z',
      temperature_f: 39.02,
      dew_point_f: 26.06,
      humidity_percent: 59.37,
      wind_direction_degrees: 270,
      wind_speed_mph: 10.35702,
      wind_gust_mph: null,
      precipitation_inches: 0,
      pressure_millibars: 1012,
      visibility_miles: 10
    },
    ...changes
  }
}

/** Data that every check lets pass before the contract is asked. */
export function anyData(): fc.Arbitrary<unknown> {
  return fc.jsonValue({ depthSize: 'medium' }).filter((value) => parseJsonStrict(Buffer.from(JSON.stringify(value))).ok)
}

/** A log that keeps its lines for the test to look at. */
export function rememberingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = []
  const write = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  return { lines, debug: write, info: write, warn: write, error: write }
}
