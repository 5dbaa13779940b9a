import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { pointsOf } from './faults.ts'
import { assertExact, isFull, sized } from './judge.ts'
import { openLab, type Lab } from './lab.ts'
import { countLags, readMetric } from './metrics.ts'
import { createRandom } from './random.ts'
import { openWatch, progressOf, type Watch } from './watch.ts'
import { startWorkload, type Workload } from './workload.ts'

/* P8: told to stop. P9: asleep, and awake too late. And dead at every point of a commit outside of the lake. */

/** Twice as long a sleep costs a member its place in the group. */
const sessionTimeoutMs = isFull ? 10_000 : 6_000
const services = ['collector', 'enricher', 'batch-loader', 'realtime-loader']
/** How many partitions there are for the members of each group. */
const partitionsOf: Readonly<Record<string, number>> = { enricher: 6, 'batch-loader': 12, 'realtime-loader': 6 }
const takeoverMs = sized(15_000, 3_000)

describe('a process under load', () => {
  let lab: Lab
  let watch: Watch
  let load: Workload
  /** How each process has ended, by its pid. */
  const exits = new Map<number, string>()
  const slowest: Record<string, { readonly stop: number; readonly takeover: number }> = {}
  const random = createRandom(8)

  before(async () => {
    lab = await openLab({
      replicas: Object.fromEntries(services.map((service) => [service, 2])),
      sessionTimeoutMs,
      onChange: ({ planned, state, note, pid }) =>
        state === 'not ready' && note.startsWith('exit') && exits.set(pid, `${planned.id} ${note}`)
    })
    watch = await openWatch(lab.platform)
    // Many dead letters: a loader that has just taken over a partition of them says so with the first that arrives.
    load = startWorkload(lab, { seed: 8, eventsPerSecond: sized(30, 60), invalid: 0.3 })
    await waitFor('everything flows', async () => (progressOf(await watch.look('lake'), 'batch-loader') ?? 0) > 30, {
      timeoutMs: 60_000
    })
  })
  after(async () => {
    await load?.[Symbol.asyncDispose]()
    await watch?.[Symbol.asyncDispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  // One service after the other where times are taken strictly; all at once where time is short.
  for (const together of isFull ? services.map((service) => [service]) : [services]) {
    it(`ends with 0 within 10 s of a SIGTERM, and others go on: ${together.join(', ')} (P8)`, async () => {
      for (let round = 0; round < sized(3, 50); round += 1)
        await Promise.all(together.map((service) => terminate(service, round % 2)))
      for (const service of together) console.log(`# P8 ${service}: ${JSON.stringify(slowest[service])} (slowest, ms)`)
      for (const service of together) {
        const { takeover = Infinity } = slowest[service] ?? {}
        assert.ok(takeover < takeoverMs, `${service}: others took over after ${takeover} ms, not ${takeoverMs}`)
      }
    })
  }

  it('that sleeps through its session and wakes up writes nothing twice; others go on meanwhile (P9)', async () => {
    for (let round = 0; round < sized(3, 30); round += 1) {
      const asleep = round % 2
      const groups = Object.keys(partitionsOf)
      await Promise.all(groups.map(areShared))
      const sleepers = groups.map((service) => lab.process(service, asleep))
      const pids = sleepers.map(({ pid }) => pid)
      for (const one of sleepers) await one.kill('SIGSTOP')
      const before = await workOf(1 - asleep)
      await sleep(2 * sessionTimeoutMs)
      const after = await workOf(1 - asleep)
      // Who still had its partitions when it woke up would be no zombie.
      for (const service of groups) await takesOver(service, 1 - asleep)
      for (const [i, one] of sleepers.entries()) {
        assert.equal(one.pid, pids[i], `${one.planned.id} is the process that was put to sleep`)
        await one.kill('SIGCONT')
      }
      const records = after.enriched - before.enriched
      console.log(`# P9: ${records} records while they slept, ${JSON.stringify({ before, after })}`)
      assert.ok(records >= 100, `only ${records} records were committed while they slept`)
      assert.ok(after.lake > before.lake, 'the lake went on while they slept')
      assert.ok(after.redis > before.redis, 'Redis went on while they slept')
      await lab.ready(120_000)
    }
  })

  it('may die at any point of a commit: collector, enricher, realtime-loader', async () => {
    const chains = ['collector', 'enricher', 'realtime-loader'].map(async (service) => {
      for (const [index, point] of (pointsOf[service] ?? []).entries())
        for (let round = 0; round < sized(2, 10); round += 1) {
          const died = await lab.crashAt(point, 1 + random.int(3), service, (index + round) % 2, 120_000)
          assert.ok(died, `${service} died at ${point}`)
        }
    })
    await Promise.all(chains)
  })

  it('loses and doubles nothing by any of this', async () => {
    const report = await assertExact(lab, [load])
    console.log(`# ${JSON.stringify(report.ledger)} ${JSON.stringify(report.dlq)}`)
  })

  /** What is asked may be too busy to answer at the first time. */
  async function answerOf(what: string, ask: () => Promise<number | null>): Promise<number> {
    const known = async (): Promise<{ readonly found: number } | false> => {
      const found = await ask()
      return found !== null && { found }
    }
    return (await waitFor(what, known, { timeoutMs: 60_000 })).found
  }

  /** As clients of the logs, of the lake and of Redis see it. */
  function progress(service: string): Promise<number> {
    const ask = async (): Promise<number | null> => progressOf(await watch.look('end', 'lake', 'redis'), service)
    return answerOf(`a look at what ${service} has done`, ask)
  }

  /** Records that one of the enrichers has committed by its own account: the ends of the logs count markers too. */
  async function workOf(
    replica: number
  ): Promise<{ readonly enriched: number; readonly lake: number; readonly redis: number }> {
    const count = async (metric: string): Promise<number> =>
      answerOf(metric, () => readMetric(lab.process('enricher', replica), metric))
    const enriched = (await count('sluice_sent_total')) + (await count('sluice_rejected_total'))
    return { enriched, lake: await progress('batch-loader'), redis: await progress('realtime-loader') }
  }

  async function areShared(service: string): Promise<void> {
    const all = partitionsOf[service] ?? 0
    const shared = async (): Promise<boolean> => {
      const [first, second] = [await countLags(lab.process(service, 0)), await countLags(lab.process(service, 1))]
      return first > 0 && second > 0 && first + second === all
    }
    await waitFor(`two of ${service} share its partitions`, shared, { timeoutMs: 60_000, intervalMs: 50 })
  }

  /** Comes back when one that is left has read from every partition. */
  async function takesOver(service: string, replica: number): Promise<void> {
    const one = lab.process(service, replica)
    const hasAll = async (): Promise<boolean> => (await countLags(one)) === partitionsOf[service]
    await waitFor(`${one.planned.id} has every partition`, hasAll, { timeoutMs: 30_000, intervalMs: 50 })
  }

  /** The one that is left answers: as clients see it, because a look at the log takes longer than that. */
  async function answersGoOn(): Promise<void> {
    const before = load.ledger.answered()
    const isFurther = async (): Promise<boolean> => load.ledger.answered() > before
    await waitFor('answers', isFurther, { timeoutMs: 30_000, intervalMs: 20 })
  }

  /** Tells one of two to end, and waits for the other one to have all its work, and for the first to be back. */
  async function terminate(service: string, replica: number): Promise<void> {
    const one = lab.process(service, replica)
    const isMember = service in partitionsOf
    if (isMember) await areShared(service)
    const { pid } = one
    const began = performance.now()
    await one.kill('SIGTERM')
    await waitFor('its end', async () => exits.has(pid), { timeoutMs: 60_000, intervalMs: 10 })
    const from = performance.now()
    const stop = Math.round(from - began)
    // Down until the other one has shown what it can do: whoever comes back takes its share again.
    const down = one.stop()
    assert.equal(exits.get(pid), `${one.planned.id} exit 0`)
    assert.ok(stop <= 10_000 * (isFull ? 1 : 2), `it took ${stop} ms`)
    await (isMember ? takesOver(service, 1 - replica) : answersGoOn())
    const takeover = Math.round(performance.now() - from)
    await down
    const { stop: longest = 0, takeover: latest = 0 } = slowest[service] ?? {}
    slowest[service] = { stop: Math.max(stop, longest), takeover: Math.max(takeover, latest) }
    await one.start()
    await one.ready(120_000)
  }
})
