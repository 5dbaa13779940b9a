import type { SchemaNode } from '../schema-node.ts'
import type { Contract, Contracts, TopicSpec } from '../types.ts'
import { dataSchema, enrichedSchema, exampleOf } from './data-schema.ts'

/**
 * The topics and their events as one AsyncAPI 3.1 document: channels with their Kafka settings, a message for each event
 * type as it lies in a topic (a CloudEvent in structured mode). `version` is that of the platform.
 */
export function toAsyncapi({ all, topics }: Contracts, version: string): object {
  const enriched = (contract: Contract) => (contract.enrichment === null ? contract.type : `${contract.type}.enriched`)
  const scored = all.filter(({ enrichment }) => enrichment !== null)
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Sluice',
      version,
      description: 'The topics of the platform and the events in them, written from the contracts in schemas/.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' }
    },
    defaultContentType: 'application/cloudevents+json',
    channels: {
      raw: channel(
        topics.raw,
        'What the collector accepted.',
        all.map(({ type }) => type)
      ),
      enriched: channel(topics.enriched, 'Valid events, with what the enricher added.', all.map(enriched)),
      dlq: channel(topics.dlq, 'Records that were rejected, as they were; why is in their headers.', ['dead-letter'])
    },
    operations: {
      sendRaw: operation('send', 'raw', 'The collector sends what it answered 202 for.'),
      receiveEnriched: operation('receive', 'enriched', 'Loaders read what is valid.'),
      receiveDeadLetters: operation('receive', 'dlq', 'Loaders and operators read what was rejected.')
    },
    components: {
      messages: {
        ...Object.fromEntries(all.map((contract) => [contract.type, message(contract, contract.type)])),
        ...Object.fromEntries(scored.map((contract) => [enriched(contract), message(contract, enriched(contract))])),
        'dead-letter': deadLetter
      },
      schemas: {
        ...Object.fromEntries(all.map((contract) => [contract.type, dataSchema(contract)])),
        ...Object.fromEntries(scored.map((contract) => [enriched(contract), enrichedSchema(contract)]))
      }
    }
  }
}

function channel(topic: TopicSpec, description: string, messages: readonly string[]): object {
  return {
    address: topic.name,
    description,
    messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
    bindings: {
      kafka: {
        topic: topic.name,
        partitions: topic.partitions,
        replicas: topic.replication,
        topicConfiguration: {
          'cleanup.policy': [topic.cleanupPolicy],
          'retention.ms': topic.retentionMs,
          'retention.bytes': topic.retentionBytes,
          'max.message.bytes': topic.maxMessageBytes
        },
        bindingVersion: '0.5.0'
      }
    }
  }
}

function operation(action: 'send' | 'receive', name: string, summary: string): object {
  return { action, channel: { $ref: `#/channels/${name}` }, summary }
}

/** `name` is that of the message and of the schema of its `data`. */
function message(contract: Contract, name: string): object {
  const example = name === contract.type ? exampleOf(contract) : undefined
  return {
    name,
    title: contract.title,
    summary: contract.description,
    contentType: 'application/cloudevents+json',
    payload: envelope(contract, name),
    bindings: {
      kafka: { key: { type: 'string', description: `data${contract.keyPointer}` }, bindingVersion: '0.5.0' }
    },
    ...(example !== undefined && { examples: [{ name: 'data', payload: exampleEvent(contract, example) }] })
  }
}

function envelope(contract: Contract, name: string): object {
  const text = (description: string, more: Partial<SchemaNode> = {}) => ({ type: 'string', description, ...more })
  return {
    type: 'object',
    properties: {
      specversion: { const: '1.0' },
      id: text('Unique within its source; a client that retries sends the same one.', { minLength: 1 }),
      source: text('Who says so; the key of the API lists the sources that it may write.', { minLength: 1 }),
      type: { const: contract.type },
      time: text('When it happened.', { format: 'date-time' }),
      dataschema: text('The contract and its version: this one, or an earlier minor.', {
        pattern: dataschemaPattern(contract, name)
      }),
      datacontenttype: { const: 'application/json' },
      receivedtime: text('When the collector took it.', { format: 'date-time' }),
      sourceid: text('Id of the key that it came with.'),
      data: { $ref: `#/components/schemas/${name}` }
    },
    required: ['specversion', 'id', 'source', 'type', 'time', 'data']
  }
}

function dataschemaPattern({ type, dataschema, enrichedDataschema, major }: Contract, name: string): string {
  const [, prefix = ''] = /^(.*):/.exec(name === type ? dataschema : enrichedDataschema) ?? []
  return `^${prefix.replaceAll('.', '\\.')}:${major}\\.[0-9]+$`
}

function exampleEvent({ type, dataschema }: Contract, data: unknown): object {
  const id = '5f3b2c1e-example'
  return { specversion: '1.0', id, source: 'urn:example', type, dataschema, time: '2013-09-01T12:00:00Z', data }
}

const deadLetter = {
  name: 'dead-letter',
  title: 'Dead letter',
  summary: 'The value, key and headers of a record as they were, and headers that say why it was rejected.',
  headers: {
    type: 'object',
    properties: Object.fromEntries(
      [
        'reason',
        'pointer',
        'message',
        'contract',
        'identity',
        'origin_topic',
        'origin_partition',
        'origin_offset',
        'time'
      ].map((name) => [`dlq_${name}`, { type: 'string' }])
    ),
    required: ['dlq_reason']
  }
}
