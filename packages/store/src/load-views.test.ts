import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { loadContracts, type Contracts } from '@sluice/contracts'
import { RefusedError } from '@sluice/events'
import { boardKey, countsKey, loadViews, stateKey } from './index.ts'

const schemas = join(import.meta.dirname, '../../../schemas')

describe('realtime.yaml', () => {
  let dir: string
  let contracts: Contracts
  let text: string

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sluice-views-'))
    contracts = await loadContracts(schemas)
    text = await readFile(join(schemas, 'realtime.yaml'), 'utf8')
  })
  after(() => rm(dir, { recursive: true }))

  async function problemsOf(...changes: [from: string | RegExp, to: string][]): Promise<readonly string[]> {
    const changed = changes.reduce((yaml, [from, to]) => {
      assert.notEqual(yaml.replace(from, to), yaml, String(from))
      return yaml.replace(from, to)
    }, text)
    await writeFile(join(dir, 'realtime.yaml'), changed)
    try {
      await loadViews(dir, contracts)
    } catch (error) {
      assert.ok(error instanceof RefusedError)
      return error.problems
    }
    return []
  }

  it('is fine as it is in the repository', async () => {
    const views = await loadViews(schemas, contracts)
    assert.deepEqual(
      views.states.map(({ name }) => name),
      ['flight', 'weather']
    )
    assert.equal(views.states[0]?.ttlMs, 3 * 86_400_000)
    assert.equal(views.states[0]?.events.get('flight.landed.v1')?.fields['landed_at'], '/data/landed_at')
  })

  it('may be missing: then there are only counts', async () => {
    await rm(join(dir, 'realtime.yaml'), { force: true })
    const views = await loadViews(dir, contracts)
    assert.deepEqual(views, { states: [], boards: [], recent: [], counts: { ttlMs: 86_400_000 } })
  })

  it('is refused where a key could be written by two partitions', async () => {
    assert.deepEqual(
      await problemsOf(
        ['key: /data/station', 'key: /data/observed_hour'],
        ['entry: /data/flight_id', 'entry: /data/tail_number']
      ),
      [
        'realtime.yaml: weather: key is /data/observed_hour, expected the key of weather.observed.v1, /data/station',
        ...['flight.scheduled.v1', 'flight.departed.v1', 'flight.cancelled.v1'].map(
          (type) =>
            `realtime.yaml: departures: entry is /data/tail_number, expected the key of ${type}, /data/flight_id`
        )
      ]
    )
  })

  it('is refused where a ttl is not shorter than the retention of the topic', async () => {
    assert.deepEqual(await problemsOf([/counts:\n {2}ttl: P1D/, 'counts:\n  ttl: P7D']), [
      'realtime.yaml: counts: ttl is 604800000 ms, expected less than the retention of events.enriched, 604800000 ms'
    ])
  })

  it('is refused where it names what is not there, all at once', async () => {
    const problems = await problemsOf(
      ['- observed_hour', '- observed_minute'],
      ['at: /data/scheduled_arrival', 'at: /time_of_day'],
      ['events: [flight.scheduled.v1]', 'events: [flight.teleported.v1]']
    )
    assert.deepEqual(problems.slice(0, 2), [
      'realtime.yaml: weather: weather.observed.v1 has nothing at /data/observed_minute',
      'realtime.yaml: arrivals: flight.scheduled.v1 has nothing at /time_of_day'
    ])
    assert.match(problems.join('\n'), /predictions: there is no contract of flight.teleported.v1/)
  })

  it('is refused where it is not of its form', async () => {
    assert.match(
      (await problemsOf(['ttl: P3D', 'ttl: 3 days']))[0] ?? '',
      /^realtime.yaml#\/states\/flight\/ttl: must match/
    )
    assert.match((await problemsOf(['states:', 'statues:']))[0] ?? '', /must NOT have additional properties/)
    assert.match(
      (await problemsOf(['boards:\n  departures:', 'boards:\n  weather:']))[0] ?? '',
      /weather is declared twice/
    )
    assert.match((await problemsOf(['as_of:', 'expires_at:']))[0] ?? '', /expires_at is a field of the store's own/)
  })

  it('makes keys that a value cannot break out of', () => {
    assert.equal(stateKey({ name: 'flight' }, 'a:b%3A'), 'flight:a%3Ab%253A')
    assert.equal(boardKey({ name: 'departures' }, ['EWR', 'x'], '2013-09-01'), 'departures:EWR:x:2013-09-01')
    assert.equal(countsKey(Date.parse('2026-11-22T15:26:59.999Z')), 'counts:2026-11-22T15:26Z')
  })
})
