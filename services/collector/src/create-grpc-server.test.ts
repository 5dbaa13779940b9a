import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { waitFor } from '@sluice/testkit'
import { credentials, makeGenericClientConstructor, Metadata, status as grpc, type ServiceError } from '@grpc/grpc-js'
import { service as healthService } from 'grpc-health-check'
import { loadCollectorService } from './grpc-service.ts'
import { bearer, weather } from './testing/fixtures.ts'
import { failureOf, grpcClient, toProto, trailingResults } from './testing/grpc-client.ts'
import { handLanes } from './testing/hand-lanes.ts'
import { testGrpcServer } from './testing/test-grpc-server.ts'

describe('Publish', () => {
  it('answers with the place of each event', async () => {
    await using server = await testGrpcServer()
    using client = grpcClient(server.port)
    const results = await client.publish([toProto(weather('1')), toProto(weather('2'))])
    assert.deepEqual(
      results.map(({ id, status, offset }) => [id, status, offset]),
      [
        ['1', 202, '0'],
        ['2', 202, '1']
      ]
    )
    assert.equal(server.counts.get('received grpc weather.observed.v1'), 2)
  })

  it('is UNAVAILABLE when one event is in doubt, with a time to come back and all results', async () => {
    const lanes = handLanes()
    await using server = await testGrpcServer({ lanes, answerMs: 60_000 })
    using client = grpcClient(server.port)
    const failing = failureOf(
      client.publish([toProto(weather('1')), toProto(weather('2', { data: { station: 'LGA' } }))])
    )
    await waitFor('both to be sent', () => lanes.sent.length === 2, { timeoutMs: 20_000 })
    lanes.sent[0]?.acknowledge()
    lanes.sent[1]?.fail()
    const error = await failing
    assert.equal(error.code, grpc.UNAVAILABLE)
    assert.deepEqual(error.metadata.get('grpc-retry-pushback-ms'), ['1000'])
    assert.deepEqual(
      trailingResults(error).map(({ status, code }) => [status, code]),
      [
        [202, ''],
        [503, 'in_doubt']
      ]
    )
  })

  it('is UNAVAILABLE at once while nothing can be taken, RESOURCE_EXHAUSTED above the quota', async () => {
    await using away = await testGrpcServer({ problem: () => 'the topics have not been checked yet' })
    using first = grpcClient(away.port)
    assert.equal((await failureOf(first.publish([toProto(weather('1'))]))).code, grpc.UNAVAILABLE)
    await using strict = await testGrpcServer({ eventsPerSecond: 1, burst: 1 })
    using second = grpcClient(strict.port)
    await second.publish([toProto(weather('1'))])
    assert.equal((await failureOf(second.publish([toProto(weather('1'))]))).code, grpc.RESOURCE_EXHAUSTED)
  })

  it('lets a key write its own sources only', async () => {
    await using server = await testGrpcServer()
    using client = grpcClient(server.port)
    const error = await failureOf(client.publish([toProto(weather('1'))], bearer('other')))
    assert.equal(error.code, grpc.PERMISSION_DENIED)
  })
})

describe('every gRPC method', () => {
  it('asks for a key, before it reads anything', async () => {
    await using server = await testGrpcServer()
    const service = loadCollectorService()
    using client = grpcClient(server.port)
    for (const { path, requestStream } of Object.values(service)) {
      assert.equal(await statusOf(server.port, path, requestStream), grpc.UNAUTHENTICATED, path)
    }
    assert.equal(await statusOf(server.port, '/sluice.collector.v1.Collector/Nothing', false), grpc.UNIMPLEMENTED)
    void client
  })

  it('reflection as well, which a setting turns off', async () => {
    const path = (version: string) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`
    await using server = await testGrpcServer()
    await using silent = await testGrpcServer({ reflection: false })
    for (const version of ['v1', 'v1alpha']) {
      assert.equal(await statusOf(server.port, path(version), true), grpc.UNAUTHENTICATED)
      assert.equal(await statusOf(server.port, path(version), true, bearer()), grpc.OK)
      assert.equal(await statusOf(silent.port, path(version), true, bearer()), grpc.UNIMPLEMENTED)
    }
  })

  it('but for health, which follows whether events can be taken', async () => {
    await using server = await testGrpcServer()
    const Health = makeGenericClientConstructor(healthService, 'Health')
    const client = new Health(`127.0.0.1:${server.port}`, credentials.createInsecure())
    const check = (name: string) =>
      new Promise((resolve, reject) => {
        const methods = client as unknown as Record<string, (...args: unknown[]) => unknown>
        methods['check']?.({ service: name }, (error: ServiceError | null, answer?: { status: string }) => {
          if (error) reject(error)
          else resolve(answer?.status)
        })
      })
    for (const name of ['', 'sluice.collector.v1.Collector']) {
      assert.equal(await check(name), 'NOT_SERVING')
      server.setServing(true)
      assert.equal(await check(name), 'SERVING')
      server.setServing(false)
    }
    client.close()
  })
})

/** Status of a call, without a key unless one is given. */
function statusOf(port: number, path: string, isStream: boolean, authorization?: string): Promise<grpc> {
  const Anything = makeGenericClientConstructor({}, 'Anything')
  const client = new Anything(`127.0.0.1:${port}`, credentials.createInsecure())
  const options = { deadline: Date.now() + 5_000 }
  const metadata = new Metadata()
  if (authorization !== undefined) metadata.set('authorization', authorization)
  return new Promise<grpc>((resolve) => {
    const end = (error: ServiceError | null) => resolve(error?.code ?? grpc.OK)
    if (!isStream) {
      client.makeUnaryRequest(path, asIs, asIs, Buffer.alloc(0), metadata, options, end)
      return
    }
    const call = client.makeBidiStreamRequest(path, asIs, asIs, metadata, options)
    call.on('error', end).on('end', () => setImmediate(end, null))
    call.resume().end()
  }).finally(() => client.close())
}

function asIs(bytes: Buffer): Buffer {
  return bytes
}
