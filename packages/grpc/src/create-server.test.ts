import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js'
import { addReflection } from './add-reflection.ts'
import { bindServer } from './bind-server.ts'
import { createServer } from './create-server.ts'

// A wire type that does not exist, which protobufjs refuses. (A string that is cut off it takes.)
const garbage = Buffer.from([0x0f, 0xff])

describe('a server', () => {
  it('refuses what is no message, in a call and in a stream, as the fault of the client', async () => {
    const server = createServer()
    const unary = {
      Echo: {
        path: '/test.Test/Echo',
        requestStream: false,
        responseStream: false,
        requestSerialize: raw,
        requestDeserialize: (bytes: Buffer) => JSON.parse(bytes.toString()) as object,
        responseSerialize: (value: object) => Buffer.from(JSON.stringify(value)),
        responseDeserialize: raw
      }
    }
    server.addService(unary, {
      Echo: (call: { request: object }, done: (error: null, answer: object) => void) => done(null, call.request)
    })
    addReflection(server, ['inference.GRPCInferenceService'])
    const port = await bindServer(server, { host: '127.0.0.1', port: 0, tls: null })
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
    try {
      const refused = await call(client, '/test.Test/Echo', garbage)
      assert.equal(refused.code, status.INVALID_ARGUMENT)
      assert.match(refused.details, /expected a request of \/test\.Test\/Echo as protobuf, found other bytes: /)
      assert.equal((await call(client, '/test.Test/Echo', Buffer.from('{"a":1}'))).details, '{"a":1}')
      const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
      assert.equal((await stream(client, reflection, garbage)).code, status.INVALID_ARGUMENT)
    } finally {
      client.close()
      server.forceShutdown()
    }
  })
})

interface Ended {
  readonly code: number
  /** Of a good answer: what came. */
  readonly details: string
}

function call(client: Client, path: string, bytes: Buffer): Promise<Ended> {
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, raw, raw, bytes, (error: ServiceError | null, answer?: Buffer) =>
      resolve(error === null ? { code: status.OK, details: String(answer) } : error)
    )
  })
}

function stream(client: Client, path: string, bytes: Buffer): Promise<Ended> {
  return new Promise((resolve) => {
    const duplex = client.makeBidiStreamRequest(path, raw, raw)
    duplex.on('error', () => undefined)
    duplex.on('data', () => undefined)
    duplex.on('status', resolve)
    duplex.write(bytes)
  })
}

function raw(bytes: Buffer): Buffer {
  return bytes
}
