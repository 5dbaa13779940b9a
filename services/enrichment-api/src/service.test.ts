import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { connectInference } from '@sluice/inference/client'
import { assertReadmeSettings, runForTest } from '@sluice/service/testing'
import { settings } from '../config.ts'
import { service } from '../service.ts'
import { likely, startApi } from './testing/start-api.ts'

const log = { debug() {}, info() {}, warn() {}, error() {} }

describe('the enrichment API', () => {
  it('documents its settings', () => {
    assertReadmeSettings(join(import.meta.dirname, '..'), settings)
  })

  it('is ready, counts rows and refusals, logs nothing per request, and ends with 0', async () => {
    await using api = await startApi([likely])
    await using client = await connectInference({ address: api.grpcAddress, log })
    assert.equal((await api.running.readyz()).ready, true)
    const model = await client.model('likely')
    const lines = api.running.lines.length
    await client.infer(model, new Float32Array(6), 3)
    await assert.rejects(client.infer({ ...model, version: '2' }, new Float32Array(6), 3))
    const metrics = await api.running.metrics()
    assert.match(metrics, /sluice_received_total\{input="grpc",type="likely"\} 3\n/)
    assert.match(metrics, /sluice_rejected_total\{reason="not_found"\} 1\n/)
    assert.match(metrics, /sluice_batch_seconds_count\{step="predict"\} 1\n/)
    assert.equal(api.running.lines.length, lines)
    assert.equal(await api.running.stop(), 0)
  })

  it('refuses to start with a model that is not what its model.json says, naming it', async () => {
    const ports = { HTTP_PORT: '0', GRPC_PORT: '0' }
    const running = await runForTest(service, { ...ports, MODELS_DIR: '/nowhere' })
    assert.equal(await running.ended, 78)
    assert.match(JSON.stringify(running.lines), /models \/nowhere: expected <name>\/<version>\/model\.onnx, found none/)
  })

  it('tells clients to come again when too much waits', async () => {
    await using api = await startApi([likely], { MAX_PENDING: '1' })
    await using client = await connectInference({ address: api.grpcAddress, log })
    const model = await client.model('likely')
    const rows = new Float32Array(2)
    const answers = await Promise.allSettled(Array.from({ length: 200 }, () => client.infer(model, rows, 1)))
    const refused = answers.filter((answer) => answer.status === 'rejected')
    assert.ok(refused.length > 0 && refused.length < 200, `${refused.length} of 200 were refused`)
    for (const { reason } of refused) {
      assert.equal((reason as { code: string }).code, 'failed')
      assert.match(String(reason), /1 requests wait already, come again/)
    }
  })
})
