import type { Server, ServerOptions } from '@grpc/grpc-js'
import { addReflection, bindServer, createServer, type GrpcPlace } from '@sluice/grpc'
import { HealthImplementation } from 'grpc-health-check'
import { createGrpcGuard } from './grpc-guard.ts'
import type { GrpcDeps } from './grpc-deps.ts'
import { loadCollectorService } from './grpc-service.ts'
import { createPublishStream } from './publish-stream.ts'
import { createPublishUnary } from './publish-unary.ts'

export interface GrpcServer extends AsyncDisposable {
  readonly port: number
  /** What gRPC's health service answers, for the server and for the collector's service. */
  setServing(isServing: boolean): void
}

export interface GrpcServerOptions extends Omit<GrpcDeps, 'guard' | 'closing'>, GrpcPlace {
  /** Whether clients may ask which services and messages there are. */
  readonly reflection: boolean
}

const serviceName = 'sluice.collector.v1.Collector'
const maxMessageBytes = 4 * 1024 * 1024
/** Longest that calls may go on once the server is to stop; every answer comes sooner. */
const stopMs = 3_000

const serverOptions: ServerOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.enable_channelz': 0
}

/** Listens for gRPC. Disposing of it ends streams in order (`UNAVAILABLE`), lets calls finish, and stops. */
export async function openGrpcServer({
  host,
  port,
  tls,
  reflection,
  ...options
}: GrpcServerOptions): Promise<GrpcServer> {
  const closing = new AbortController()
  const guard = createGrpcGuard(options.keys, options.onRefused)
  const deps: GrpcDeps = { ...options, guard, closing: closing.signal }
  const service = loadCollectorService()

  const server = createServer({ ...serverOptions, interceptors: [guard.interceptor] })
  server.addService(service, {
    Publish: createPublishUnary(deps, service.Publish.responseSerialize),
    PublishStream: createPublishStream(deps)
  })
  const health = new HealthImplementation({ '': 'NOT_SERVING', [serviceName]: 'NOT_SERVING' })
  health.addToServer(server)
  if (reflection) addReflection(server, [serviceName])

  return {
    port: await bindServer(server, { host, port, tls }),
    setServing(isServing) {
      for (const name of ['', serviceName]) health.setStatus(name, isServing ? 'SERVING' : 'NOT_SERVING')
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await stop(server)
    }
  }
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => {
      server.forceShutdown()
      resolve()
    }, stopMs)
    server.tryShutdown(() => {
      clearTimeout(force)
      resolve()
    })
  })
}
