import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ComposeFile } from '../compose/read-compose.ts'
import type { PortMap } from './assign-ports.ts'

/** What a client of the platform needs, and the files that it comes from. */
export interface Credentials {
  readonly dir: string
  readonly s3: {
    readonly endpoint: string
    readonly region: string
    readonly bucket: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly file: string
  }
  readonly redis: { readonly url: string; readonly password: string; readonly file: string }
  /** By client: `flight-producer`, `demo`. */
  readonly apiKeys: Readonly<Record<string, string>>
}

/** Reads what the `secrets` job wrote into the volume of that name. */
export function readCredentials(file: ComposeFile, ports: Pick<PortMap, 'of'>, dataDir: string): Credentials {
  const dir = join(dataDir, 'volumes/secrets')
  const read = (name: string) => readFileSync(join(dir, name), 'utf8').trim()
  const aws = read('aws-credentials')
  const lake = file.services.get('batch-loader')?.environment ?? {}
  const keys = readdirSync(dir).flatMap((name) => /^api-key-(.+)$/.exec(name)?.[1] ?? [])
  return {
    dir,
    s3: {
      endpoint: `http://127.0.0.1:${ports.of('s3', 0).get(8333)}`,
      region: lake['S3_REGION'] ?? 'us-east-1',
      bucket: lake['S3_BUCKET'] ?? 'lake',
      accessKeyId: /^aws_access_key_id *= *(\S+)$/m.exec(aws)?.[1] ?? '',
      secretAccessKey: /^aws_secret_access_key *= *(\S+)$/m.exec(aws)?.[1] ?? '',
      file: join(dir, 'aws-credentials')
    },
    redis: {
      url: `redis://127.0.0.1:${ports.of('redis', 0).get(6379)}`,
      password: read('redis-password'),
      file: join(dir, 'redis-password')
    },
    apiKeys: Object.fromEntries(keys.map((id) => [id, read(`api-key-${id}`)]))
  }
}
