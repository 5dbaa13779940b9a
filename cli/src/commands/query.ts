import { stateDir } from '@sluice/testkit'
import { UsageError, type Command } from '../command.ts'
import { lakeOf, lakeOptions, textOf } from '../lake-options.ts'

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
    ...lakeOptions('credentials come')
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
    if (values['json'] === true && values['csv'] === true) throw new UsageError('--json or --csv, not both')
    const { where, prefix } = lakeOf(values)
    return runQueries({
      lake: findLake(where),
      prefix,
      format: values['json'] === true ? 'json' : values['csv'] === true ? 'csv' : 'table',
      sql: textOf(values, 'sql'),
      historyFile: `${stateDir}/query-history`
    })
  }
}
