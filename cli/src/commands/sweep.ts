import type { Command } from '../command.ts'
import { lakeOf, lakeOptions, textOf } from '../lake-options.ts'

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
    ...lakeOptions('credentials, which may delete, come')
  },
  exits: { 1: 'a table was left alone, or S3 is away' },
  examples: ['sweep --dry-run', 'sweep', 'sweep --older-than 7d --bucket lake --endpoint http://localhost:8333 --json'],
  async run(values) {
    const { parseAge } = await import('../sweep/parse-age.ts')
    const olderThanMs = parseAge(textOf(values, 'older-than') ?? '24h')
    // DuckDB and the S3 client are loaded only by who asks.
    const { findLake } = await import('../query/find-lake.ts')
    const { runSweep } = await import('../sweep/run-sweep.ts')
    const { where, prefix } = lakeOf(values)
    return runSweep({
      lake: findLake(where),
      prefix,
      olderThanMs,
      isDryRun: values['dry-run'] === true,
      isJson: values['json'] === true
    })
  }
}
