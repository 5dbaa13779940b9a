import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { before, describe, it } from 'node:test'
import { loadContracts, type Contract, type Contracts } from '@sluice/contracts'
import { UnavailableError, type CloudEvent } from '@sluice/events'
import { InferenceUnavailableError, type InferenceClient, type ModelInfo } from '@sluice/inference/client'
import type { ValidEvent } from './check-event.ts'
import { createEnrich } from './enrich-events.ts'
import { createScore } from './score-events.ts'

describe('enrichment', () => {
  let contracts: Contracts
  before(async () => {
    contracts = await loadContracts(resolve(import.meta.dirname, '../../../schemas'))
  })

  it('splices the score into data and leaves every other byte of data alone', async () => {
    const enrich = createEnrich({ score: createScore({ inference: scripted([0.25]) }) })
    const data = '{ "flight_id":"20130901-UA-1-EWR",  "n": 1.0 }'
    const [answer] = await enrich([valid('flight.scheduled.v1', data)])
    assert.ok(answer?.ok)
    const text = answer.value.value.toString()
    assert.ok(text.includes(data.slice(0, -2)), text)
    assert.deepEqual((JSON.parse(text) as CloudEvent & { data: { enrichment: unknown } }).data.enrichment, {
      arrival_delay: { probability: 0.25, model: 'arrival-delay', version: '1', sha256: 'f'.repeat(64) }
    })
    assert.equal(answer.value.headers['contract_version'], contracts.byType('flight.scheduled.v1')?.version)
  })

  it('needs no model for a batch without scorable events, and passes their bytes as they are', async () => {
    const inference = scripted([])
    const enrich = createEnrich({ score: createScore({ inference }) })
    const event = valid('weather.observed.v1', '{"station":"JFK"}')
    const [answer] = await enrich([event])
    assert.ok(answer?.ok && answer.value.value === event.value)
    assert.equal(inference.calls, 0)
  })

  it('asks once for all scorable events of a batch and gives each its own score', async () => {
    const inference = scripted([0.1, 0.2, Number.NaN])
    const enrich = createEnrich({ score: createScore({ inference }) })
    const flights = [1, 2, 3].map((n) => valid('flight.scheduled.v1', `{"n":${n}}`))
    const answers = await enrich([flights[0]!, valid('weather.observed.v1', '{}'), flights[1]!, flights[2]!])
    const scores = answers.map((answer) => (answer.ok ? probabilityOf(answer.value.value) : 'rejected'))
    assert.deepEqual(scores, [Math.fround(0.1), undefined, Math.fround(0.2), null])
    assert.equal(inference.calls, 1)
  })

  it('takes an absent model for an outage where the contract says wait, and lets events pass where it says so', async () => {
    const enrich = createEnrich({ score: createScore({ inference: scripted('unreachable') }) })
    await assert.rejects(enrich([valid('flight.scheduled.v1', '{}')]), UnavailableError)
    const passing = valid('flight.scheduled.v1', '{}', 'pass')
    const [answer] = await enrich([passing])
    assert.ok(answer?.ok)
    assert.equal((JSON.parse(answer.value.value.toString()) as { data: { enrichment: unknown } }).data.enrichment, null)
  })

  it('reads the model again when the version that it named is gone', async () => {
    const inference = scripted([0.5])
    const score = createScore({ inference })
    const enrich = createEnrich({ score })
    await enrich([valid('flight.scheduled.v1', '{}')])
    inference.fault = 'version_gone'
    await assert.rejects(enrich([valid('flight.scheduled.v1', '{}')]), UnavailableError)
    inference.fault = null
    inference.version = '2'
    const [answer] = await enrich([valid('flight.scheduled.v1', '{}')])
    assert.ok(answer?.ok && answer.value.value.includes('"version":"2"'))
  })

  function valid(type: string, data: string, onOutage?: 'pass'): ValidEvent {
    const contract = contracts.byType(type) as Contract
    const value = Buffer.from(`{"specversion":"1.0","id":"e","source":"s","type":"${type}","data":${data}}`)
    const event = JSON.parse(value.toString()) as CloudEvent
    const policy = contract.enrichment && { ...contract.enrichment, ...(onOutage && { onOutage }) }
    return { event, contract: { ...contract, enrichment: policy }, key: Buffer.from('k'), value }
  }
})

function probabilityOf(value: Buffer): number | null | undefined {
  const event = JSON.parse(value.toString()) as {
    data: { enrichment?: { arrival_delay: { probability: number | null } } }
  }
  return event.data.enrichment?.arrival_delay.probability
}

/** The seam to the enrichment API, answering as told; the real one is under test in e2e/. */
function scripted(script: readonly number[] | 'unreachable') {
  const client = {
    calls: 0,
    version: '1',
    fault: script === 'unreachable' ? ('unreachable' as const) : (null as 'version_gone' | null),
    async model(name: string) {
      if (script === 'unreachable') throw new InferenceUnavailableError('unreachable', 'away')
      return { name, version: client.version, sha256: 'f'.repeat(64), features: [] } as unknown as ModelInfo
    },
    async infer(_model: ModelInfo, _rows: Float32Array, count: number) {
      client.calls++
      if (client.fault) throw new InferenceUnavailableError(client.fault, 'away')
      return Float32Array.from({ length: count }, (_, i) => (script as readonly number[])[i] ?? 0)
    },
    [Symbol.asyncDispose]: async () => undefined
  }
  return client satisfies InferenceClient & { calls: number; version: string; fault: string | null } as {
    calls: number
    version: string
    fault: 'version_gone' | 'unreachable' | null
  } & InferenceClient
}
