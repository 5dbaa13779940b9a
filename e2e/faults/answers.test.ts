import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { eventsOfKey } from './events.ts'
import { assertExact, isFull, sized } from './judge.ts'
import { kafkaClients, openLab, type Lab } from './lab.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { openPublisher, type Publisher } from './publish.ts'
import { createRandom } from './random.ts'
import { residentMb } from './stalls.ts'
import { startWorkload, type Workload } from './workload.ts'

/* P2, P3, P7: what an answer is worth. */

describe('an answer', () => {
  let lab: Lab
  let publisher: Publisher
  const loads: Workload[] = []
  const ledger: Ledger = createLedger(Date.now)

  before(async () => {
    lab = await openLab({ replicas: { collector: 2 } })
    publisher = openPublisher({
      restPorts: lab.links.rest.map(({ port }) => port),
      grpcPorts: lab.links.grpc.map(({ port }) => port),
      apiKey: lab.platform.credentials().apiKeys['demo'] ?? ''
    })
  })
  after(async () => {
    publisher?.[Symbol.dispose]()
    await lab?.[Symbol.asyncDispose]()
  })

  it('of 202 means durable: the collector, and sometimes the broker, is killed as it arrives (P2)', async () => {
    const kills = sized(30, 1_000)
    const brokerEvery = 10
    const events = eventsOfKey(900, createRandom(2))
    /** One comes back while the other one answers. */
    const back: Promise<void>[] = [Promise.resolve(), Promise.resolve()]
    for (let i = 0; i < kills; i += 1) {
      const replica = i % 2
      await back[replica]
      const { event, key, n } = events.next('valid')
      const entry = ledger.open({ id: event.id, key, n, fate: 'valid', via: i % 4 < 2 ? 'rest' : 'grpc' })
      await waitFor(
        `event ${i} is answered as durable`,
        async () => {
          const [answer] = await publisher[entry.via === 'grpc' ? 'grpc' : 'rest'](replica, [event])
          if (answer?.status !== 202) return false
          lab
            .process('collector', replica)
            .kill('SIGKILL')
            .catch(() => undefined)
          if (i % brokerEvery === brokerEvery - 1) await lab.process('kafka').kill('SIGKILL')
          entry.answered += 1
          if (answer.place !== null) entry.places.push(answer.place)
          return true
        },
        { timeoutMs: 120_000 }
      )
      back[replica] = lab.killAndWait('collector', replica)
    }
    await Promise.all(back)
    assert.equal(ledger.entries.length, kills)
  })

  it('is the same for copies, at once, in one batch and across restarts: one counts, the others repeat it (P3)', async () => {
    const identities = sized(600, 10_000)
    const random = createRandom(3)
    const keys = Array.from({ length: 12 }, (_, i) => eventsOfKey(910 + i, random.fork()))
    const restartEvery = sized(300, 1_980)
    let restarts = Promise.resolve()
    const restart = async (round: number, before: Promise<void>): Promise<void> => {
      await before
      await Promise.all([lab.killAndWait('collector', round % 2), lab.killAndWait('enricher')])
    }
    for (let from = 0; from < identities; from += 60) {
      if (from % restartEvery === 0 && from > 0) restarts = restart(from / restartEvery, restarts)
      const made = Array.from({ length: 60 }, () => random.pick(keys).next('valid'))
      // The order of copies that overtake each other is nobody's: only counts are.
      const entries = made.map(({ event, n }) =>
        ledger.open({ id: event.id, key: null, n, fate: 'valid', via: 'rest' })
      )
      const copies = made.flatMap(({ event }, i) => Array.from({ length: 1 + random.int(5) }, () => ({ event, i })))
      const shuffled = copies.map((copy) => ({ copy, order: random.next() })).toSorted((a, b) => a.order - b.order)
      const batches = Array.from({ length: 8 }, (_, b) =>
        shuffled.filter((_copy, at) => at % 8 === b).map(({ copy }) => copy)
      )
      await Promise.all(
        batches.map((batch, b) =>
          waitFor(
            'the batch is durable',
            async () => {
              const way = b % 2 === 0 ? 'rest' : 'grpc'
              const answers = await publisher[way](
                random.int(2),
                batch.map(({ event }) => event)
              )
              for (const [at, answer] of answers.entries()) {
                const entry = entries[batch[at]?.i ?? 0]
                if (answer.status !== 202 || entry === undefined) continue
                entry.answered += 1
                if (answer.place !== null) entry.places.push(answer.place)
              }
              return answers.every(({ status }) => status === 202)
            },
            { timeoutMs: 60_000 }
          )
        )
      )
    }
    await restarts
  })

  it('tells of a lost broker within a second, believes in none of it, and is 202 again by itself (P7)', async () => {
    const outageMs = sized(20, 60) * 1_000
    const slack = isFull ? 1 : 5
    await using load = startWorkload(lab, {
      seed: 77,
      eventsPerSecond: sized(40, 500),
      firstKey: 100,
      keys: sized(12, 240)
    })
    loads.push(load)
    const collectors = lab.replicasOf('collector')
    const memoryBefore = Math.max(...collectors.map(({ pid }) => residentMb(pid)))
    const events = eventsOfKey(940, createRandom(7))
    await Promise.all(kafkaClients.map((service) => lab.links.kafka.set({ kind: 'half-open' }, service)))
    const half = performance.now() + outageMs / 2
    const until = performance.now() + outageMs
    let isRefused = false
    const answers = []
    let mostMemory = 0
    while (performance.now() < until) {
      // Silent at first, then not even there.
      if (performance.now() > half && !isRefused) {
        isRefused = true
        await Promise.all(kafkaClients.map((service) => lab.links.kafka.set({ kind: 'refused' }, service)))
      }
      const { event, n } = events.next('valid')
      const entry = ledger.open({ id: event.id, key: null, n, fate: 'valid', via: 'rest' })
      const [answer] = await publisher.rest(answers.length % 2, [event])
      if (answer === undefined) continue
      if (answer.status === 202) entry.answered += 1
      answers.push(answer)
      mostMemory = Math.max(mostMemory, ...collectors.map(({ pid }) => residentMb(pid)))
      await sleep(50)
    }
    await Promise.all(kafkaClients.map((service) => lab.links.kafka.set(null, service)))
    const healed = performance.now()
    const { event, n } = events.next('valid')
    const last = ledger.open({ id: event.id, key: null, n, fate: 'valid', via: 'rest' })
    await waitFor(
      'a 202',
      async () => {
        const [answer] = await publisher.rest(0, [event])
        last.answered += Number(answer?.status === 202)
        return answer?.status === 202
      },
      { timeoutMs: 5_000 * slack }
    )
    // The first may still have been answered by a broker that was there.
    const during = answers.slice(2)
    assert.ok(during.length > 20, `only ${during.length} answers in ${outageMs} ms`)
    for (const answer of during) {
      assert.equal(answer.status, 503)
      assert.notEqual(answer.retryAfter, null)
    }
    const slowest = during.map(({ ms }) => ms).toSorted((a, b) => a - b)[Math.floor(during.length * 0.99)] ?? 0
    assert.ok(slowest < 1_000 * slack, `p99 is ${slowest} ms`)
    assert.ok(
      mostMemory - memoryBefore <= 64 * (isFull ? 1 : 2),
      `memory grew from ${memoryBefore} to ${mostMemory} MB`
    )
    console.log(
      `# P7: ${during.length} answers of 503, p99 ${Math.round(slowest)} ms, 202 after ${Math.round(performance.now() - healed)} ms`
    )
  })

  it('was right each time', async () => {
    const report = await assertExact(lab, [
      ...loads,
      { ledger, stop: async () => undefined, async [Symbol.asyncDispose]() {} }
    ])
    console.log(`# ${JSON.stringify(report.ledger)} ${JSON.stringify(report.dlq)}`)
  })
})
