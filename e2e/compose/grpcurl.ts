// As much of grpcurl as the READMEs use, for machines that do not have it:
//   grpcurl -plaintext -import-path DIR -proto FILE [-H 'name: value']… -d JSON… HOST:PORT package.Service/Method
import { parseArgs } from 'node:util'
import { credentials, makeGenericClientConstructor, Metadata, type ServiceDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

// Its flags have one dash.
const args = process.argv.slice(2).map((arg) => (/^-[a-z]{2,}/.test(arg) ? `-${arg}` : arg))
const { values, positionals } = parseArgs({
  args,
  allowPositionals: true,
  options: {
    plaintext: { type: 'boolean' },
    'import-path': { type: 'string', default: '.' },
    proto: { type: 'string', default: '' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    data: { type: 'string', short: 'd', default: '{}' }
  }
})
const [address = '', path = ''] = positionals
const [serviceName = '', methodName = ''] = path.split('/')
const loaded = loadSync(values.proto, {
  includeDirs: [values['import-path']],
  longs: String,
  enums: String,
  oneofs: true
})
const service = loaded[serviceName] as ServiceDefinition
const method = service[methodName]
if (method === undefined) throw new Error(`${serviceName} has no method ${methodName}`)
const metadata = new Metadata()
for (const line of values.header) metadata.set(...(line.split(/: */s, 2) as [string, string]))
const Client = makeGenericClientConstructor(service, serviceName)
const client = new Client(address, credentials.createInsecure())
const messages = documents(values.data).map(withTimestamps)

if (method.requestStream) {
  const stream = client.makeBidiStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    metadata,
    {}
  )
  stream.on('data', print)
  for (const message of messages) stream.write(message)
  stream.end()
  await new Promise<void>((resolve, reject) => stream.once('end', resolve).once('error', reject))
} else
  await new Promise<void>((resolve, reject) => {
    const done = (error: Error | null, answer?: unknown): void =>
      error === null ? resolve(print(answer)) : reject(error)
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      messages[0],
      metadata,
      {},
      done
    )
  })
client.close()

function print(message: unknown): void {
  console.log(JSON.stringify(message, null, 2))
}

/** One JSON document after the other, as a stream takes them. */
function documents(text: string): unknown[] {
  const found: unknown[] = []
  for (let from = 0, to = 1; to <= text.length; to += 1) {
    if (text[to - 1] !== '}') continue
    try {
      found.push(JSON.parse(text.slice(from, to)))
      from = to
    } catch {
      // Not at its end yet.
    }
  }
  return found
}

/** In JSON a Timestamp is text. */
function withTimestamps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTimestamps)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, inner]) =>
    name === 'ceTimestamp'
      ? [name, { seconds: Math.floor(Date.parse(String(inner)) / 1000), nanos: 0 }]
      : [name, withTimestamps(inner)]
  )
  return Object.fromEntries(entries)
}
