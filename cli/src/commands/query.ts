import { resolve } from 'node:path'
import { stateDir } from '@sluice/testkit'
import type { Command } from '../run-command.ts'

export const query: Command = {
  name: 'query',
  summary: 'answers SQL over the tables of the lake; without a query, asks for some at a prompt',
  options: {
    json: { type: 'boolean' },
    csv: { type: 'boolean' },
    'data-dir': { type: 'string' },
    bucket: { type: 'string' },
    endpoint: { type: 'string' },
    region: { type: 'string' },
    prefix: { type: 'string' }
  },
  help: {
    json: 'as JSON: an array of objects; 64-bit integers, decimals, dates and times are texts',
    csv: 'as CSV (RFC 4180), with a line of names',
    'data-dir': 'of a platform that keeps its data elsewhere than in .sluice/data',
    bucket: 'a lake elsewhere: its bucket; credentials come by the default chain of AWS',
    endpoint: 'with --bucket: its S3 server, http://localhost:8333; AWS itself if not said',
    region: 'with --bucket: its region, us-east-1 if not said',
    prefix: 'folder of the tables within the bucket, bronze if not said'
  },
  operands: ['sql'],
  async run(values) {
    // DuckDB and the S3 client are loaded only by who asks.
    const { findLake } = await import('../query/find-lake.ts')
    const { runQueries } = await import('../query/run-queries.ts')
    const text = (name: string): string | null => (typeof values[name] === 'string' ? values[name] : null)
    if (values['json'] === true && values['csv'] === true) throw new TypeError('--json or --csv, not both')
    return runQueries({
      lake: findLake({
        dataDir: resolve(text('data-dir') ?? `${stateDir}/data`),
        bucket: text('bucket'),
        endpoint: text('endpoint'),
        region: text('region')
      }),
      prefix: text('prefix') ?? 'bronze',
      format: values['json'] === true ? 'json' : values['csv'] === true ? 'csv' : 'table',
      sql: text('sql'),
      historyFile: `${stateDir}/query-history`
    })
  }
}
