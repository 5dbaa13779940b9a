import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import { pythonTools } from '@sluice/testkit'
import { addReflection } from './add-reflection.ts'

const exec = promisify(execFile)
const reflections = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection']

describe('reflection', () => {
  it('lists the services that it is told, and describes messages as protoc does', async () => {
    const services = ['inference.GRPCInferenceService', 'sluice.collector.v1.Collector']
    const server = new Server()
    addReflection(server, services)
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound)
      )
    })
    try {
      const seen = await ask(port)
      assert.deepEqual(seen.services, ['grpc.health.v1.Health', ...reflections, ...services])
      assert.deepEqual(seen.methods, ['Publish', 'PublishStream'])
      // What proto-loader's own descriptors have otherwise: maps, optional fields, well-known types of other files.
      assert.deepEqual(seen.isMap, true)
      assert.deepEqual(seen.hasPresence, true)
      assert.deepEqual(seen.timestamp, 'google.protobuf.Timestamp')
    } finally {
      server.forceShutdown()
    }
  })
})

interface Seen {
  readonly services: readonly string[]
  readonly methods: readonly string[]
  readonly isMap: boolean
  readonly hasPresence: boolean
  readonly timestamp: string
}

/** Asks grpcio's reflection client. */
async function ask(port: number): Promise<Seen> {
  const { python } = await pythonTools()
  const script = join(import.meta.dirname, 'testing/ask_reflection.py')
  const { stdout } = await exec(python, [script, `127.0.0.1:${port}`], { timeout: 60_000 })
  return JSON.parse(stdout) as Seen
}
