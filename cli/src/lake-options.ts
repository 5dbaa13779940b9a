import type { Option, Values } from './command.ts'
import { dataDirOf, dataDirOption } from './data-dir.ts'
import type { LakeOptions } from './query/find-lake.ts'

/** By which a command is told which lake it is about. `credentials` says what they must be good for. */
export function lakeOptions(credentials: string): Readonly<Record<string, Option>> {
  return {
    'data-dir': dataDirOption,
    bucket: {
      type: 'string',
      value: 'NAME',
      help: `a lake elsewhere: its bucket; ${credentials} by the default chain of AWS`
    },
    endpoint: { type: 'string', value: 'URL', help: 'with --bucket: its S3 server', default: 'AWS itself' },
    region: { type: 'string', value: 'NAME', help: 'with --bucket: its region', default: 'us-east-1' },
    prefix: { type: 'string', value: 'FOLDER', help: 'of the tables within the bucket', default: 'bronze' }
  }
}

/** The text of an option; null: it was not given. */
export function textOf(values: Values, name: string): string | null {
  return typeof values[name] === 'string' ? values[name] : null
}

/** What these options say. */
export function lakeOf(values: Values): { readonly where: LakeOptions; readonly prefix: string } {
  return {
    where: {
      dataDir: dataDirOf(values['data-dir']),
      bucket: textOf(values, 'bucket'),
      endpoint: textOf(values, 'endpoint'),
      region: textOf(values, 'region')
    },
    prefix: textOf(values, 'prefix') ?? 'bronze'
  }
}
