import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { balance, type Seen } from './balance.ts'
import { injectedEvents } from './injected-events.ts'
import { periodOf } from './period.ts'
import type { Sent } from './send-injected.ts'
import { noEvent } from './tally-topics.ts'

const weather = 'weather.observed.v1'
const departed = 'flight.departed.v1'

/** What the list of the demo becomes when everything is right, beside 10 departures and 3 observations of the period. */
function rightlySeen(): Seen {
  const list = injectedEvents(periodOf('2013-09-01', 1))
  const sent = list.map((injected): Sent => {
    if (injected.via === 'raw') return { injected, answer: null }
    const { fate } = injected
    return {
      injected,
      answer: fate.kind === 'refused' ? { status: 400, code: fate.code } : { status: 202, code: null }
    }
  })
  const of = (kind: string, via?: string) =>
    sent.filter(
      ({ injected }) =>
        injected.fate.kind === kind && (via === undefined || (injected.via === 'raw') === (via === 'raw'))
    )
  const [taken, dead, landed, repeats] = [
    sent.filter(({ answer }) => answer?.status === 202).length,
    of('dead', 'collector').length,
    of('landed').length,
    of('repeat').length
  ]
  const fates = new Map<string, string[]>()
  const reasons: Record<string, number> = {}
  for (const { injected } of sent) {
    const { fate, event } = injected
    if (fate.kind === 'refused') continue
    const end = fate.kind === 'dead' ? fate.reason : fate.kind
    if (event !== null) fates.set(event.id, [...(fates.get(event.id) ?? []), end])
    if (fate.kind === 'dead') reasons[fate.reason] = (reasons[fate.reason] ?? 0) + 1
  }
  const straight = { [noEvent]: 2, 'flight.imagined.v1': 1 }
  return {
    expected: { [departed]: 10, [weather]: 3 },
    accepted: { [departed]: 10, [weather]: 3 + taken },
    sent,
    topics: {
      raw: { [departed]: 10, [weather]: 3 + taken, ...straight },
      enriched: { [departed]: 10, [weather]: 3 + landed },
      dead: { [weather]: dead, ...straight },
      repeats: { [weather]: repeats },
      reasons,
      several: new Map(
        of('repeat').map(({ injected }) => [injected.event?.id ?? '', { times: 2, source: 'urn:sluice:demo', id: 'x' }])
      ),
      fates,
      unaccounted: [],
      lastTypeByKey: new Map([
        ['flight', departed],
        ['EWR', weather]
      ]),
      firstRawMs: 0,
      lastRawMs: 1,
      lastOutputMs: 1
    },
    lake: { flight_departed_v1: 10, weather_observed_v1: 3 + landed, dead_letters: dead + 3 + repeats },
    store: {
      counts: { [departed]: 10, [weather]: 3 + landed },
      flightsByStatus: { departed: 1 },
      stations: 1,
      boards: 2
    }
  }
}

function changed(change: (seen: Seen) => Partial<Seen>): readonly string[] {
  const seen = rightlySeen()
  return balance({ ...seen, ...change(seen) }).problems
}

describe('the list of the demo', () => {
  it('has at least twenty invalid events, with three reasons and more over REST and over gRPC, and some straight into raw', () => {
    const list = injectedEvents(periodOf('2013-09-01', 3))
    const invalid = list.filter(({ fate }) => fate.kind === 'refused' || fate.kind === 'dead')
    assert.ok(invalid.length >= 20)
    for (const via of ['rest', 'grpc'] as const) {
      const mine = invalid.filter((one) => one.via === via)
      const why = new Set(mine.map(({ fate }) => ('code' in fate ? fate.code : 'reason' in fate ? fate.reason : '')))
      assert.ok(why.size >= 3, via)
      assert.ok(mine.some(({ fate }) => fate.kind === 'dead'))
    }
    assert.ok(invalid.filter(({ via }) => via === 'raw').length >= 2)
    assert.ok(list.filter(({ fate }) => fate.kind === 'repeat').length >= 3)
  })
})

describe('the balance', () => {
  it('finds nothing where nothing is wrong', () => {
    const { problems, total, stored } = balance(rightlySeen())
    assert.deepEqual(problems, [])
    assert.deepEqual(stored, [])
    assert.equal(total.raw, total.enriched + total.dead + total.repeats)
    assert.equal(total.inDoubt, 0)
  })

  it('accepts an event that was stored in doubt and sent again, and lists it', () => {
    const seen = rightlySeen()
    const { topics, lake } = seen
    const found = balance({
      ...seen,
      topics: {
        ...topics,
        raw: { ...topics.raw, [departed]: 11 },
        repeats: { ...topics.repeats, [departed]: 1 },
        several: new Map([
          ...topics.several,
          ['y', { times: 2, source: 'urn:sluice:flight-producer', id: 'flight:departed' }]
        ])
      },
      lake: { ...lake, dead_letters: (lake['dead_letters'] ?? 0) + 1 }
    })
    assert.deepEqual(found.problems, [])
    assert.deepEqual(found.stored, ['flight:departed (2 times)'])
    assert.equal(found.total.inDoubt, 1)
  })

  const damages: readonly [string, (seen: Seen) => Partial<Seen>, RegExp][] = [
    [
      'an event that never came',
      (seen) => ({
        accepted: { ...seen.accepted, [departed]: 9 },
        topics: {
          ...seen.topics,
          raw: { ...seen.topics.raw, [departed]: 9 },
          enriched: { ...seen.topics.enriched, [departed]: 9 }
        },
        lake: { ...seen.lake, flight_departed_v1: 9 },
        store: { ...seen.store, counts: { ...seen.store.counts, [departed]: 9 } }
      }),
      /^flight\.departed\.v1: accepted = expected [^]*: 9 is not 10$/
    ],
    [
      'a raw record that is gone',
      ({ topics }) => ({ topics: { ...topics, raw: { ...topics.raw, [departed]: 9 } } }),
      /less than the 10/
    ],
    [
      'a lost output',
      ({ topics }) => ({ topics: { ...topics, enriched: { ...topics.enriched, [departed]: 9 } } }),
      /raw = enriched/
    ],
    [
      'a record with two outputs',
      ({ topics }) => ({ topics: { ...topics, unaccounted: ['3/1: 2'] } }),
      /without exactly one output: 3\/1: 2/
    ],
    [
      'a repeat that is none',
      ({ topics }) => ({ topics: { ...topics, several: new Map() } }),
      /repeats = what lies in raw once more under the same identity: \d is not 0/
    ],
    [
      'a lost row',
      ({ lake }) => ({ lake: { ...lake, flight_departed_v1: 9 } }),
      /rows in the lake = enriched: 9 is not 10/
    ],
    ['a doubled row', ({ lake }) => ({ lake: { ...lake, flight_departed_v1: 11 } }), /rows in the lake/],
    ['a lost dead letter', ({ lake }) => ({ lake: { ...lake, dead_letters: 1 } }), /rows in dead_letters/],
    [
      'a count doubled in Redis',
      ({ store }) => ({ store: { ...store, counts: { ...store.counts, [departed]: 20 } } }),
      /counted in Redis/
    ],
    [
      'a flight with the wrong status',
      ({ store }) => ({ store: { ...store, flightsByStatus: { landed: 1 } } }),
      /flights that are landed in Redis/
    ],
    [
      'an answer that was not expected',
      ({ sent }) => ({ sent: sent.map((one) => ({ ...one, answer: one.answer && { status: 202, code: null } })) }),
      /expected unknown_type, the collector said 202/
    ],
    [
      'an invalid event that landed',
      ({ topics }) => ({
        topics: { ...topics, fates: new Map([...topics.fates, ['demo-rest-a-time-long-ago', ['landed']]]) }
      }),
      /demo-rest-a-time-long-ago: expected clock_skew, found landed/
    ]
  ]
  for (const [what, damage, problem] of damages)
    it(`finds ${what}`, () => {
      const problems = changed(damage)
      assert.ok(
        problems.some((found) => problem.test(found)),
        problems.join('\n')
      )
    })
})
