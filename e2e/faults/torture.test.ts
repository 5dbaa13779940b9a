import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sized } from './judge.ts'
import { printTorture } from './print-torture.ts'
import { drawPlan } from './schedule.ts'
import { torture } from './torture.ts'

/* P1, P4: everything at random, from one seed. npm run torture takes any other. */

it('nothing is lost, doubled, disordered or invented while everything is killed, paused and cut off', async () => {
  const plan = drawPlan({ seed: 7, minutes: sized(1, 10), eventsPerSecond: sized(40, 80) })
  const report = await torture(plan, { say: (line) => console.log(`# ${line}`) })
  console.log(printTorture(report).replaceAll(/^/gm, '# '))
  assert.deepEqual(report.oracle.problems, [], `${report.oracle.problemCount} problems`)
  assert.deepEqual(report.invalid, [], 'the run says nothing')
})
