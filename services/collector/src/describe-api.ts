import { maxEventBytes, maxIdBytes } from '@sluice/events'
import type { Contracts } from '@sluice/contracts'
import { describeSchemas } from './describe-schemas.ts'
import { modes } from './media-type.ts'
import { problemContentType } from './problem-details.ts'
import { maxBatchEvents } from './read-events.ts'
import { refusals, type RefusalCode } from './refusals.ts'

export interface ApiDescription {
  readonly contracts: Contracts
  readonly version: string
  readonly maxBodyBytes: number
}

type Schema = Readonly<Record<string, unknown>>

/** What only one of the two event routes answers. */
const onlyPublish: readonly RefusalCode[] = ['over_quota', 'in_doubt', 'retry_in_order']
const onlyValidate: readonly RefusalCode[] = ['contract', 'clock_skew', 'key']
/** What no documented operation answers. */
const noOperation: readonly RefusalCode[] = ['malformed_message', 'not_found', 'method_not_allowed']
/** What a request without a body may be refused for. */
const anyRequest: readonly RefusalCode[] = [
  'malformed_request',
  'unexpected_query',
  'unauthenticated',
  'request_timeout',
  'headers_too_large',
  'internal'
]

/** The contracts, read only: the list, then one path for each event type. */
function schemaPaths(contracts: Contracts): Schema {
  const [list = '', ...others] = describeSchemas(contracts).keys()
  const operation = (operationId: string, summary: string, content: Schema) => ({
    get: { operationId, summary, responses: { 200: { description: summary, content }, ...problems(anyRequest) } }
  })
  const json = { 'application/json': { schema: { type: 'object' } } }
  return {
    [list]: operation('listSchemas', 'The event types: version, owner and where the schema of each is.', json),
    ...Object.fromEntries(
      others.map((path, i) => {
        const { type } = contracts.all[i]!
        return [path, operation(`schemaOf.${type}`, `The contract of ${type}: a JSON Schema of its \`data\`.`, json)]
      })
    )
  }
}

/** The OpenAPI 3.1 document of the REST side, from the constants that decide its answers. */
export function describeApi({ contracts, version, maxBodyBytes }: ApiDescription): object {
  const codes = (Object.keys(refusals) as RefusalCode[]).filter((code) => !noOperation.includes(code))
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sluice collector',
      version,
      description: 'Takes CloudEvents 1.0 and answers 202 only when every event is durable.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
    },
    servers: [{ url: '/' }],
    security: [{ apiKey: [] }],
    paths: {
      '/v1/events': {
        post: eventOperation(maxBodyBytes, {
          operationId: 'publishEvents',
          summary: 'Takes events, and answers once they are durable.',
          success: { 202: 'Every event is durable.' },
          codes: codes.filter((code) => !onlyValidate.includes(code))
        })
      },
      '/v1/events/validate': {
        post: eventOperation(maxBodyBytes, {
          operationId: 'validateEvents',
          summary: 'Says what would become of events, their contract included, and stores nothing.',
          success: { 200: 'Every event would be taken and holds to its contract.' },
          codes: codes.filter((code) => !onlyPublish.includes(code))
        })
      },
      ...schemaPaths(contracts),
      '/openapi.json': {
        get: {
          operationId: 'describeApi',
          summary: 'This document.',
          responses: {
            200: { description: 'This document.', content: { 'application/json': { schema: { type: 'object' } } } },
            ...problems(anyRequest)
          }
        }
      }
    },
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `<id>.<secret>`; it says which `source`s.' }
      },
      parameters: Object.fromEntries(binaryHeaders(contracts).map((header) => [header.name, header])),
      schemas: {
        CloudEvent: cloudEvent(contracts),
        Result: result(codes),
        Results: { type: 'object', required: ['results'], properties: { results } },
        Problem: problem(codes)
      }
    }
  }
}

interface EventOperation {
  readonly operationId: string
  readonly summary: string
  readonly success: Readonly<Record<number, string>>
  readonly codes: readonly RefusalCode[]
}

function eventOperation(maxBodyBytes: number, { operationId, summary, success, codes }: EventOperation): object {
  const answers = { ...success, 207: 'Some events were refused for their content; all others are as with success.' }
  const withResults = (description: string) => {
    return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Results' } } } }
  }
  return {
    operationId,
    summary,
    parameters: headerNames.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    requestBody: {
      required: true,
      description: `At most ${maxBodyBytes} bytes. \`application/json\` is binary mode: the body is \`data\`, the attributes are \`ce-*\` headers.`,
      content: Object.fromEntries(Array.from(modes, ([type, mode]) => [type, { schema: bodies[mode] }]))
    },
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, text]) => [status, withResults(text)])),
      ...problems(codes)
    }
  }
}

const event = { $ref: '#/components/schemas/CloudEvent' }
const bodies = {
  structured: event,
  batch: { type: 'array', items: event, minItems: 1, maxItems: maxBatchEvents },
  binary: {}
}

/** One response for each status, with the codes that it stands for. */
function problems(codes: readonly RefusalCode[]): Record<string, object> {
  const byStatus = Map.groupBy(codes, (code) => refusals[code].status)
  const responses = Array.from(byStatus, ([status, ofStatus]) => {
    const description = ofStatus.map((code) => `\`${code}\`: ${refusals[code].title}.`).join(' ')
    const headers = status === 429 || status === 503 ? { headers: { 'Retry-After': retryAfter } } : {}
    const content = { [problemContentType]: { schema: { $ref: '#/components/schemas/Problem' } } }
    return [status, { description, ...headers, content }]
  })
  return Object.fromEntries(responses) as Record<string, object>
}

const retryAfter = { required: true, description: 'Seconds.', schema: { type: 'integer', minimum: 1 } }

const text = { type: 'string', minLength: 1 }
const uriReference = { ...text, format: 'uri-reference' }
const time = { type: 'string', format: 'date-time' }

/** The attributes that clients set, but for extensions. */
function attributes({ all }: Contracts): Record<string, Schema> {
  return {
    specversion: { const: '1.0' },
    id: { ...text, maxLength: maxIdBytes },
    source: { ...uriReference, description: 'One that the key may write.' },
    type: { enum: all.map(({ type }) => type) },
    time,
    subject: text,
    dataschema: { ...text, format: 'uri', description: 'Names the version of the contract.' }
  }
}

const required = ['specversion', 'id', 'source', 'type', 'time']
const headerNames = [...required, 'subject', 'dataschema'].map((name) => `ce-${name}`)

function binaryHeaders(contracts: Contracts) {
  return Object.entries(attributes(contracts)).map(([name, schema]) => {
    return { name: `ce-${name}`, in: 'header', required: false, description: 'In binary mode only.', schema }
  })
}

function cloudEvent(contracts: Contracts): Schema {
  return {
    type: 'object',
    description: `A CloudEvent 1.0 in structured JSON mode, at most ${maxEventBytes} bytes. \`data\` is for the contract of \`type\`.`,
    required,
    properties: { ...attributes(contracts), datacontenttype: { ...text, description: 'application/json.' }, data: {} },
    patternProperties: { '^[a-z0-9]{1,20}$': { description: 'Extensions are text, booleans or 32-bit integers.' } },
    additionalProperties: false
  }
}

const results = { type: 'array', items: { $ref: '#/components/schemas/Result' } }
const pointer = { type: 'string', format: 'json-pointer' }
const detail = { type: 'string', description: 'What was expected and what was found, for people.' }

function result(codes: readonly RefusalCode[]): Schema {
  return {
    type: 'object',
    description: 'What became of one event, in the order of the request.',
    required: ['id', 'status'],
    properties: {
      id: { type: ['string', 'null'] },
      status: { type: 'integer' },
      code: { enum: codes },
      pointer,
      partition: { type: 'integer', minimum: 0 },
      offset: { type: 'string', format: 'int64', description: 'Place in the raw topic.' },
      detail
    }
  }
}

function problem(codes: readonly RefusalCode[]): Schema {
  return {
    type: 'object',
    description: 'Problem details (RFC 9457).',
    required: ['type', 'title', 'status', 'code', 'detail'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer' },
      code: { enum: codes },
      detail,
      pointer,
      results
    }
  }
}
