import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { status as grpc } from '@grpc/grpc-js'
import { acceptable, data, events, shortOf } from './testing/bad-inputs.ts'
import { bearer, weather, type TestEvent } from './testing/fixtures.ts'
import {
  failureOf,
  grpcClient,
  type GrpcTestClient,
  type ProtoEvent,
  toProto,
  trailingResults
} from './testing/grpc-client.ts'
import { takeStored } from './testing/hand-lanes.ts'
import { testGrpcServer, type TestGrpcServer } from './testing/test-grpc-server.ts'

describe('bad input over gRPC', () => {
  let server: TestGrpcServer
  let client: GrpcTestClient
  before(async () => {
    server = await testGrpcServer()
    client = grpcClient(server.port)
  })
  after(async () => {
    client[Symbol.dispose]()
    await server[Symbol.asyncDispose]()
  })

  for (const [row, what, text, expected] of events) {
    it(`row ${row}: ${what}`, async () => {
      const event = protoOf(row, text)
      const error = await failureOf(client.publish([event]))
      assert.equal(error.code, expected.status === 403 ? grpc.PERMISSION_DENIED : grpc.INVALID_ARGUMENT)
      assert.match(error.details, new RegExp(`^${expected.code}: `))
      const [result] = trailingResults(error)
      assert.deepEqual(shortOf(result?.status, result, expected), expected)

      const stream = client.stream()
      stream.send(event, 1)
      stream.send(toProto(weather('after it')), 2)
      stream.call.end()
      assert.equal(await stream.ended, null)
      const acks = stream.acks.toSorted((a, b) => Number(a.sequence) - Number(b.sequence))
      assert.deepEqual(
        acks.map((ack) => [ack.sequence, ack.result.status]),
        [
          ['1', expected.status],
          ['2', 202]
        ]
      )
      assert.equal(acks[0]?.result.code, expected.code)
      assert.equal(server.lanes.sent.splice(0).length, 1)
    })
  }

  for (const [row, what, text, stored] of acceptable.filter(([row]) => row !== '21')) {
    it(`row ${row}: ${what} is accepted`, async () => {
      const [result] = await client.publish([protoOf(row, text)])
      assert.equal(result?.status, 202)
      assert.deepEqual(takeStored(server.lanes), JSON.parse(stored))
    })
  }

  it('row 14: an empty batch and one of 1,001', async () => {
    assert.match((await failureOf(client.publish([]))).details, /^empty_batch: /)
    const many = Array.from({ length: 1_001 }, () => ({ id: '1' }))
    assert.match((await failureOf(client.publish(many))).details, /^batch_too_large: /)
  })

  it('row 15: three unacceptable ones of 100 do not harm the others', async () => {
    const good = Array.from({ length: 97 }, (_, i) => toProto(weather(`${i}`)))
    const bad = [protoOf('12', data('{"a":1,"a":1}')), toProto(weather('98', { type: 'nothing' })), {}]
    const results = await client.publish([...good, ...bad])
    assert.deepEqual(
      results.map(({ status }) => status),
      [...good.map(() => 202), 400, 422, 400]
    )
    assert.equal(server.lanes.sent.splice(0).length, 97)
  })

  it('row 26: no, a wrong and a revoked key are UNAUTHENTICATED', async () => {
    for (const authorization of ['', 'Bearer x', bearer('nobody'), bearer('revoked')]) {
      const error = await failureOf(client.publish([toProto(weather('1'))], authorization))
      assert.equal(error.code, grpc.UNAUTHENTICATED)
      assert.equal((await client.stream(authorization).ended)?.code, grpc.UNAUTHENTICATED)
    }
    assert.equal(server.lanes.sent.length, 0)
  })

  it('row 33: a message over 4 MiB is RESOURCE_EXHAUSTED', async () => {
    const error = await failureOf(client.publishBytes(Buffer.alloc(4 * 1024 * 1024 + 1)))
    assert.equal(error.code, grpc.RESOURCE_EXHAUSTED)
  })

  it('row 34: garbage is INVALID_ARGUMENT, in a call and in a stream', async () => {
    for (const bytes of ['ff', '0aff', '08', '07', '0b']) {
      const error = await failureOf(client.publishBytes(Buffer.from(bytes, 'hex')))
      assert.equal(error.code, grpc.INVALID_ARGUMENT, bytes)
      assert.match(error.details, /^malformed_message: /)
    }
    const [result] = trailingResults(await failureOf(client.publishBytes(Buffer.from('0a02ffff', 'hex'))))
    assert.equal(result?.code, 'malformed_message')
  })
})

/** Rows that no JavaScript value can carry: their data has to travel in the very bytes of the text. */
const byBytes = new Set(['11', '12', '13', '18', '19', '20', '21'])

function protoOf(row: string, text: string | Buffer): ProtoEvent {
  if (!byBytes.has(row)) return toProto(JSON.parse(text.toString()) as TestEvent)
  const bytes = Buffer.from(text)
  const start = bytes.indexOf('"data":') + '"data":'.length
  const { textData: _, ...event } = toProto(weather('1')) as Record<string, unknown>
  return { ...event, binaryData: bytes.subarray(start, bytes.length - 1) }
}
