import { ServerCredentials, type Server } from '@grpc/grpc-js'

export interface GrpcPlace {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  /** PEM texts; null: plaintext. With `clientCa`, every client needs a certificate of these authorities. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa?: string } | null
}

/** Lets a server listen, and returns its port. */
export function bindServer(server: Server, { host, port, tls }: GrpcPlace): Promise<number> {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentialsOf(tls), (error, bound) => {
      if (error) reject(error)
      else resolve(bound)
    })
  })
}

function credentialsOf(tls: GrpcPlace['tls']): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure()
  const pair = { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) }
  const clientCa = tls.clientCa === undefined ? null : Buffer.from(tls.clientCa)
  return ServerCredentials.createSsl(clientCa, [pair], clientCa !== null)
}
