import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { Server, ServerCredentials, type sendUnaryData } from '@grpc/grpc-js'
import { UnavailableError, type Log } from '@sluice/events'
import { inferenceService } from '@sluice/inference'
import { connectInference, InferenceUnavailableError, type InferenceFault } from '@sluice/inference/client'
import { waitFor } from '@sluice/testkit'
import { likely, likelyVersions, startApi } from './testing/start-api.ts'

const log: Log = { debug() {}, info() {}, warn() {}, error() {} }

describe('the client of the enrichment API', () => {
  it('reads model.json of the highest version and scores by it', async () => {
    await using api = await startApi()
    await using client = await connectInference({ address: api.grpcAddress, log })
    const model = await client.model('likely')
    assert.equal(model.version, '10')
    assert.deepEqual(model.features, likely.features)
    const scores = await client.infer(model, Float32Array.from([2, 0, 0, 1]), 2)
    assert.ok(Math.abs(scores[0]! - 1 / (1 + Math.exp(2))) < 1e-6)
    assert.ok(Math.abs(scores[1]! - 1 / (1 + Math.exp(-1))) < 1e-6)
  })

  it('scores any number of rows, also none, and marks rows without a score by NaN', async () => {
    await using api = await startApi()
    await using client = await connectInference({ address: api.grpcAddress, log })
    const model = await client.model('likely')
    const count = 10_001
    const rows = new Float32Array(count * 2 + 6)
    rows[10_000 * 2] = NaN
    rows[5_000 * 2] = 3
    const scores = await client.infer(model, rows, count)
    assert.equal(scores.length, count)
    assert.equal(scores[0], 0.5)
    assert.ok(Math.abs(scores[5_000]! - 1 / (1 + Math.exp(3))) < 1e-6)
    assert.equal(scores[10_000], NaN)
    assert.equal((await client.infer(model, rows, 0)).length, 0)
  })

  it('tells an unknown model and a version that is gone apart', async () => {
    await using api = await startApi([likely])
    await using client = await connectInference({ address: api.grpcAddress, log })
    await unavailable(client.model('nope'), 'unknown_model', /model "nope" is unknown, known are likely/)
    const gone = { ...(await client.model('likely')), version: '7' }
    await unavailable(client.infer(gone, new Float32Array(2), 1), 'version_gone', /no version "7", it has 1/)
  })

  it('says so when a server does not tell what it takes to ask its model', async () => {
    const server = new Server()
    let json = ''
    const config = () => ({ config: { parameters: { 'model.json': { string_value: json } } } })
    server.addService(inferenceService, {
      ModelConfig: (_: object, done: sendUnaryData<object>) => done(null, config())
    })
    const port = await promisify(server.bindAsync.bind(server))('127.0.0.1:0', ServerCredentials.createInsecure())
    await using client = await connectInference({ address: `127.0.0.1:${port}`, log })
    await unavailable(client.model('likely'), 'unusable_model', /model likely: model\.json: expected an object/)
    json = JSON.stringify({ features: [{ name: 'x', pointer: '/x', transform: 'hash' }] })
    await unavailable(client.model('likely'), 'unusable_model', /\/features\/0\/transform: expected .*, found "hash"/)
    server.forceShutdown()
  })

  it('says that nobody answers, and works again once somebody does', async () => {
    const first = await startApi([likely])
    await using client = await connectInference({ address: first.grpcAddress, log })
    const model = await client.model('likely')
    const port = String(first.grpcPort)
    await first[Symbol.asyncDispose]()
    await unavailable(client.model('likely'), 'unreachable', /enrichment-api at 127\.0\.0\.1:\d+: /)
    await using _again = await startApi(likelyVersions, { GRPC_PORT: port })
    const scores = await waitFor('scores from the restarted API', () => client.infer(model, new Float32Array(2), 1), {
      timeoutMs: 5_000
    })
    assert.equal(scores[0], 0.5)
  })

  it('gives up at the deadline on a connection that swallows everything, and dials anew', async (t) => {
    const sockets: Socket[] = []
    const hole = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      hole.close()
    })
    await waitFor('a port', () => hole.listening, { timeoutMs: 1_000 })
    const address = `127.0.0.1:${(hole.address() as AddressInfo).port}`
    await using client = await connectInference({ address, deadlineMs: 200, log })
    await unavailable(client.model('likely'), 'timeout', /enrichment-api at/)
    await unavailable(client.model('likely'), 'timeout', /enrichment-api at/)
    assert.ok(sockets.length >= 2, 'a second connection was opened')
  })

  it('treats a request that the API finds wrong as a bug of ours', async () => {
    await using api = await startApi([likely])
    await using client = await connectInference({ address: api.grpcAddress, log })
    const model = await client.model('likely')
    const wrong = { ...model, inputs: [{ ...model.inputs[0], name: 'x' }] } as const
    await assert.rejects(client.infer(wrong, new Float32Array(2), 1), (error) => {
      assert.ok(!(error instanceof UnavailableError))
      assert.match((error as Error).message, /input "x" is unknown/)
      return true
    })
    await assert.rejects(client.infer(model, new Float32Array(2), 2), /2 rows of 2 numbers, but only 2/)
  })
})

async function unavailable(answer: Promise<unknown>, code: InferenceFault, message: RegExp) {
  await assert.rejects(answer, (error) => {
    assert.ok(error instanceof UnavailableError)
    assert.ok(error instanceof InferenceUnavailableError)
    assert.equal(error.dependency, 'enrichment-api')
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    return true
  })
}
