import {
  Server,
  ServerInterceptingCall,
  ServerListenerBuilder,
  status,
  type ServerInterceptor,
  type ServerOptions,
  type ServiceDefinition,
  type UntypedServiceImplementation
} from '@grpc/grpc-js'

/** A server that answers INVALID_ARGUMENT to bytes that are no message of the method, where grpc-js says INTERNAL. */
export function createServer(options: ServerOptions = {}): Server {
  return new StrictServer({ ...options, interceptors: [...(options.interceptors ?? []), refuseMalformed] })
}

class StrictServer extends Server {
  override addService(service: ServiceDefinition, implementation: UntypedServiceImplementation): void {
    const methods = Object.entries(service).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): unknown => {
        try {
          return method.requestDeserialize(bytes)
        } catch (error) {
          // An interceptor sees messages, but not that there is none.
          return new Malformed(error instanceof Error ? error.message : String(error))
        }
      }
      return [name, { ...method, requestDeserialize }]
    })
    super.addService(Object.fromEntries(methods) as ServiceDefinition, implementation)
  }
}

class Malformed {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

const refuseMalformed: ServerInterceptor = ({ path }, call) =>
  new ServerInterceptingCall(call, {
    start(next) {
      const listener = new ServerListenerBuilder().withOnReceiveMessage((message: unknown, pass) => {
        if (!(message instanceof Malformed)) return pass(message)
        const details = `expected a request of ${path} as protobuf, found other bytes: ${message.reason}`
        call.sendStatus({ code: status.INVALID_ARGUMENT, details })
      })
      next(listener.build())
    }
  })
