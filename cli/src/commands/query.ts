import { stateDir } from '@sluice/testkit'
import { dataDirOf, dataDirOption } from '../data-dir.ts'
import { UsageError, type Command } from '../command.ts'

export const query: Command = {
  name: 'query',
  summary: 'answers SQL over the tables of the lake; without a query, asks for some at a prompt',
  operands: [{ name: 'sql', help: 'the query, as one word' }],
  options: {
    json: {
      type: 'boolean',
      help: 'as JSON: an array of objects; 64-bit integers, decimals, dates and times are texts'
    },
    csv: { type: 'boolean', help: 'as CSV (RFC 4180), with a line of names' },
    'data-dir': dataDirOption,
    bucket: {
      type: 'string',
      value: 'NAME',
      help: 'a lake elsewhere: its bucket; credentials come by the default chain of AWS'
    },
    endpoint: { type: 'string', value: 'URL', help: 'with --bucket: its S3 server', default: 'AWS itself' },
    region: { type: 'string', value: 'NAME', help: 'with --bucket: its region', default: 'us-east-1' },
    prefix: { type: 'string', value: 'FOLDER', help: 'of the tables within the bucket', default: 'bronze' }
  },
  examples: [
    'query',
    'query "SELECT reason, count(*) AS records FROM dead_letters GROUP BY ALL"',
    'query --bucket lake --endpoint http://localhost:8333 --csv "SELECT count(*) FROM weather_observed_v1"'
  ],
  async run(values) {
    // DuckDB and the S3 client are loaded only by who asks.
    const { findLake } = await import('../query/find-lake.ts')
    const { runQueries } = await import('../query/run-queries.ts')
    const text = (name: string): string | null => (typeof values[name] === 'string' ? values[name] : null)
    if (values['json'] === true && values['csv'] === true) throw new UsageError('--json or --csv, not both')
    return runQueries({
      lake: findLake({
        dataDir: dataDirOf(text('data-dir')),
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
