import {
  type Metadata,
  type ServerInterceptor,
  ServerInterceptingCall,
  ServerListenerBuilder,
  status
} from '@grpc/grpc-js'
import type { ApiKeys, Principal } from './api-keys.ts'
import type { Refusal } from './refusals.ts'

/** Asks for a key before anything else of a call is read. */
export interface GrpcGuard {
  readonly interceptor: ServerInterceptor
  /** Who makes the call; every call that gets to a handler has someone, save those of open services. */
  principalOf(metadata: Metadata): Principal
}

/** The only calls that need no key. */
const openServices = ['/grpc.health.v1.Health/']

/** Denies by default: an interceptor sees every method of the server, those added later included. */
export function createGrpcGuard(keys: ApiKeys, onRefused: (refusal: Refusal) => void): GrpcGuard {
  const principals = new WeakMap<Metadata, Principal>()

  const interceptor: ServerInterceptor = ({ path }, call) => {
    if (openServices.some((prefix) => path.startsWith(prefix))) return new ServerInterceptingCall(call)
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const principal = keys.authenticate(authorizationOf(metadata))
        if (principal === null) {
          onRefused(noKey)
          call.sendStatus({ code: status.UNAUTHENTICATED, details: `${noKey.code}: ${noKey.detail}` })
          return
        }
        principals.set(metadata, principal)
        next(metadata)
      })
      .build()
    return new ServerInterceptingCall(call, { start: (next) => next(listener) })
  }

  return {
    interceptor,
    principalOf(metadata) {
      const principal = principals.get(metadata)
      if (principal === undefined) throw new Error('a handler runs without a principal')
      return principal
    }
  }
}

export function authorizationOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get('authorization')
  return value?.toString()
}

export const noKey: Refusal = {
  code: 'unauthenticated',
  detail: 'authorization: expected Bearer and a valid API key, found none'
}
