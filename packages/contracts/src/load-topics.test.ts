import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import { loadTopics } from './load-topics.ts'
import { contractFolder, repositorySchemas } from './testdata/contract-folder.ts'

const text = await readFile(join(repositorySchemas, 'topics.yaml'), 'utf8')
const day = 86_400_000

describe('loadTopics', () => {
  it('reads the topics of the platform', async () => {
    const { raw, enriched, dlq, control } = await loadTopics(repositorySchemas)
    const common = { partitions: 6, replication: 1, cleanupPolicy: 'delete', timestampType: 'LogAppendTime' }
    assert.deepEqual(raw, {
      ...common,
      name: 'events.raw',
      retentionMs: 7 * day,
      retentionBytes: 2 ** 30,
      maxMessageBytes: 2 ** 20
    })
    assert.deepEqual(enriched, {
      ...common,
      name: 'events.enriched',
      retentionMs: 7 * day,
      retentionBytes: 2 ** 30,
      maxMessageBytes: 2 ** 21
    })
    assert.deepEqual(dlq, {
      ...common,
      name: 'events.dlq',
      retentionMs: 30 * day,
      retentionBytes: 2 ** 29,
      maxMessageBytes: 2 ** 21
    })
    assert.deepEqual(control, {
      ...common,
      name: 'platform.control',
      partitions: 1,
      cleanupPolicy: 'compact',
      retentionMs: -1,
      retentionBytes: -1,
      maxMessageBytes: 2 ** 20
    })
  })

  const bad: Record<string, [from: string | RegExp, to: string, expected: RegExp]> = {
    'a topic that is missing': [/raw:[^]*?\n\n/, '', /#\/raw: expected an object, found none/],
    'a role that there is not': [
      'control:',
      'other: 1\ncontrol:',
      /#\/other: expected only raw, enriched, dlq, control/
    ],
    'a setting that there is not': [
      '  name: events.raw',
      '  name: events.raw\n  compression: zstd',
      /#\/raw\/compression: expected only name/
    ],
    'a setting twice': [
      '  name: events.raw',
      '  name: events.raw\n  name: x',
      /expected YAML, found Map keys must be unique/
    ],
    'a name that is none': ['events.raw', 'Events Raw', /#\/raw\/name: expected lower-case letters/],
    'one name for two topics': ['events.dlq', 'events.raw', /expected four different names/],
    'different numbers of partitions': [
      'partitions: 6',
      'partitions: 7',
      /the same number of partitions for raw, enriched and dlq, found 7, 6, 6/
    ],
    'a number as text': ['partitions: 6', 'partitions: "6"', /#\/raw\/partitions: expected 1 to 1000, found "6"/],
    'no partitions': ['partitions: 6', 'partitions: 0', /#\/raw\/partitions: expected 1 to 1000, found 0/],
    'a retention without a unit': ['P7D', '7', /#\/raw\/retention: expected a duration/],
    'times of the clients': [
      'LogAppendTime',
      'CreateTime',
      /#\/raw\/timestamps: expected LogAppendTime, found "CreateTime"/
    ],
    'compacted events': ['cleanup: delete', 'cleanup: compact', /#\/raw\/cleanup: expected delete, found compact/],
    'records that are too small for an event': ['1048576', '1000', /#\/raw\/maxMessageBytes: expected 1048576 to/],
    'what is not YAML': ['raw:', 'raw: [', /topics\.yaml: expected YAML/],
    'a list': [/[^]*/, '[]', /topics\.yaml: expected an object/]
  }
  for (const [name, [from, to, expected]] of Object.entries(bad)) {
    it(`refuses ${name}`, async () => {
      await using folder = await contractFolder({})
      // The first occurrence after the comment, which is the one of raw.
      const body = text.slice(text.indexOf('raw:\n'))
      await writeFile(join(folder.dir, 'topics.yaml'), body.replace(from, to))
      await assert.rejects(
        loadTopics(folder.dir),
        (error) => error instanceof RefusedError && expected.test(error.message)
      )
    })
  }

  it('refuses a folder without topics.yaml', async () => {
    await assert.rejects(loadTopics(join(repositorySchemas, 'examples')), RefusedError)
  })
})
