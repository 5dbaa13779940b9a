// npm run torture: everything is killed, paused and cut off while events flow; then an oracle counts.
//   --minutes 5 --seed 7 [--faults kill,crash,kafka,s3,…] [--plan p1] [--rate 80] [--json]
//   --plan p1: the kills and outages of promise P1, at least 20,000 events; the rest of the minutes for other faults.
// Exit codes: 0 nothing lost, doubled, disordered or invented; 1 something was; 2 the run says nothing.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { faultGroups, type FaultGroup } from './faults/draw-fault.ts'
import { printTorture } from './faults/print-torture.ts'
import { describeFault, drawPlan, planOfP1, type Plan } from './faults/schedule.ts'
import { torture } from './faults/torture.ts'

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      faults: { type: 'string' },
      plan: { type: 'string' },
      rate: { type: 'string', default: '80' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) {
    // The comment at the head of this file.
    console.log(
      readFileSync(import.meta.filename, 'utf8')
        .split('\nimport ')[0]
        ?.replaceAll(/^\/\/ ?/gm, '')
    )
    return 0
  }
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6))
  const eventsPerSecond = Number(values.rate)
  const plan =
    values.plan === 'p1'
      ? planOfP1(seed, { minutes: Number(values.minutes ?? 0), eventsPerSecond })
      : drawPlan({ seed, minutes: Number(values.minutes ?? 5), groups: groupsOf(values.faults), eventsPerSecond })
  const say = (line: string): void => console.error(`torture: ${line}`)
  sayPlan(plan, say)
  const report = await torture(plan, { say })
  console.log(values.json ? JSON.stringify(report, null, 2) : printTorture(report))
  return { pass: 0, fail: 1, invalid: 2 }[report.verdict]
}

function groupsOf(text: string | undefined): readonly FaultGroup[] {
  if (text === undefined) return faultGroups
  return text.split(',').map((name) => {
    const group = faultGroups.find((known) => known === name)
    if (group === undefined) throw new Error(`--faults: ${name} is none of ${faultGroups.join(', ')}`)
    return group
  })
}

function sayPlan({ seed, events, faults }: Plan, say: (line: string) => void): void {
  say(`seed ${seed}: ${events} events, ${faults.length} faults`)
  for (const { atMs, fault } of faults) say(`  ${(atMs / 1000).toFixed(1).padStart(6)} s  ${describeFault(fault)}`)
}

process.exitCode = await main()
