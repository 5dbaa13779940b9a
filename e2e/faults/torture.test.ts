import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { FaultGroup } from './draw-fault.ts'
import type { Fault } from './faults.ts'
import { sized } from './judge.ts'
import { printTorture } from './print-torture.ts'
import { drawPlan, planOfP1 } from './schedule.ts'
import { landsWithinSeconds, torture } from './torture.ts'
import { whyInvalid } from './why-invalid.ts'

/* P1, P4: everything at random, from one seed. npm run torture takes any other. */

it('faults are drawn from the groups that were asked for, and from no other', () => {
  const kindsOf = (...groups: FaultGroup[]): string[] => [...new Set(draw(groups).map(({ kind }) => kind))].toSorted()
  assert.deepEqual(kindsOf('kafka', 'redis'), ['broker-kill', 'broker-restart', 'redis-down', 'redis-kill'])
  assert.deepEqual(kindsOf('kafka'), ['broker-kill', 'broker-restart'])
  assert.ok(kindsOf('s3').every((kind) => kind.startsWith('s3-')) && kindsOf('s3').includes('s3-kill'))
})

it('every link is broken in every way, and holds requests for longer than their senders wait', () => {
  const drawn = draw(['net']).filter((fault) => fault.kind === 'link')
  const ways = new Set(drawn.map(({ link, fault }) => `${link} ${fault.kind}`))
  assert.equal(ways.size, 5 * 7)
  for (const { link, fault } of drawn)
    if (fault.kind === 'hold') assert.ok(fault.ms > (link === 'kafka' ? 10_000 : 5_000), `${link} for ${fault.ms} ms`)
  const replicas = drawn.flatMap(({ link, replica }) => (link === 'rest' || link === 'grpc' ? [replica] : []))
  assert.deepEqual(new Set(replicas), new Set([0, 1]))
})

it('a run that met too little says so: faults, kinds, answers, invalid events, looks', () => {
  const { least, faults } = planOfP1(1)
  const met = faults.map(({ fault: { kind } }) => ({ kind, effective: true }))
  const ledger = { answered: 20_000, invalid: 500 }
  assert.deepEqual(whyInvalid(least, met, ledger, []), [])
  const kills = met.filter(({ kind }) => kind === 'kill').length
  assert.equal(whyInvalid(least, dropped(met, 'kill', kills - 39), ledger, []).length, 1)
  assert.equal(whyInvalid(least, dropped(met, 'broker-kill', 1), ledger, []).length, 1)
  assert.equal(whyInvalid(least, met, { answered: 19_999, invalid: 499 }, ['the watch has ended']).length, 3)
})

function draw(groups: readonly FaultGroup[]): readonly Fault[] {
  return drawPlan({ seed: 1, minutes: 100, groups }).faults.map(({ fault }) => fault)
}

/** The same, but so many of a kind met nobody. */
function dropped<T extends { readonly kind: string }>(all: readonly T[], kind: string, count: number) {
  let left = count
  return all.map((one) => ({ ...one, effective: one.kind !== kind || left-- <= 0 }))
}

it('nothing is lost, doubled, disordered or invented while everything is killed, paused and cut off', async () => {
  const plan = drawPlan({ seed: 2161, minutes: sized(1, 10), eventsPerSecond: sized(40, 80) })
  const report = await torture(plan, { say: (line) => console.log(`# ${line}`) })
  console.log(printTorture(report).replaceAll(/^/gm, '# '))
  assert.deepEqual(report.oracle.problems, [], `${report.oracle.problemCount} problems`)
  assert.deepEqual(report.invalid, [], 'the run says nothing')
  assert.ok(report.settledSeconds <= 5 * landsWithinSeconds, `landed ${report.settledSeconds} s after the last fault`)
})
