import { dataDirOf, dataDirOption } from '../data-dir.ts'
import type { Command } from '../command.ts'

export const sweep: Command = {
  name: 'sweep',
  summary: 'deletes files of the lake that no table names, and uploads left open',
  options: {
    'older-than': {
      type: 'string',
      value: 'AGE',
      help: 'what is younger stays: 90m, 24h, 7d; an hour at least',
      default: '24h'
    },
    'dry-run': { type: 'boolean', help: 'tells what would be deleted, and deletes nothing' },
    json: { type: 'boolean', help: 'as JSON, with the path of every file' },
    'data-dir': dataDirOption,
    bucket: {
      type: 'string',
      value: 'NAME',
      help: 'a lake elsewhere: its bucket; credentials, which may delete, come by the default chain of AWS'
    },
    endpoint: { type: 'string', value: 'URL', help: 'with --bucket: its S3 server', default: 'AWS itself' },
    region: { type: 'string', value: 'NAME', help: 'with --bucket: its region', default: 'us-east-1' },
    prefix: { type: 'string', value: 'FOLDER', help: 'of the tables within the bucket', default: 'bronze' }
  },
  exits: { 1: 'a table was left alone, or S3 is away' },
  examples: ['sweep --dry-run', 'sweep', 'sweep --older-than 7d --bucket lake --endpoint http://localhost:8333 --json'],
  async run(values) {
    const { parseAge } = await import('../sweep/parse-age.ts')
    const text = (name: string): string | null => (typeof values[name] === 'string' ? values[name] : null)
    const olderThanMs = parseAge(text('older-than') ?? '24h')
    // DuckDB and the S3 client are loaded only by who asks.
    const { findLake } = await import('../query/find-lake.ts')
    const { runSweep } = await import('../sweep/run-sweep.ts')
    return runSweep({
      lake: findLake({
        dataDir: dataDirOf(text('data-dir')),
        bucket: text('bucket'),
        endpoint: text('endpoint'),
        region: text('region')
      }),
      prefix: text('prefix') ?? 'bronze',
      olderThanMs,
      isDryRun: values['dry-run'] === true,
      isJson: values['json'] === true
    })
  }
}
