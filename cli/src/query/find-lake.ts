import type { ObjectStoreSettings } from '@sluice/lake'
import { isAlive } from '@sluice/testkit'
import { readCompose } from '../compose/read-compose.ts'
import { readCredentials } from '../platform/credentials.ts'
import { readInstance } from '../platform/instance.ts'

export interface LakeOptions {
  readonly dataDir: string
  /** Null: the lake of the platform that runs on `dataDir`. */
  readonly bucket: string | null
  readonly endpoint: string | null
  readonly region: string | null
}

/** Where the lake is, and who may read it: that of the platform which runs here, or a named one. */
export function findLake({ dataDir, bucket, endpoint, region }: LakeOptions): ObjectStoreSettings {
  if (bucket !== null) return { endpoint, region: region ?? 'us-east-1', forcePathStyle: endpoint !== null, bucket }
  if (endpoint !== null || region !== null) throw new TypeError('--endpoint and --region need --bucket')
  const instance = readInstance(dataDir)
  if (instance === null || !isAlive(instance.launcher))
    throw new Error(`nothing runs on ${dataDir}: npm start starts it; --bucket names a lake elsewhere`)
  const portsOf = (service: string) =>
    Object.entries(instance.processes.find((one) => one.service === service)?.ports ?? {}).map(
      ([container, port]) => [Number(container), port] as const
    )
  const ports = { of: (service: string) => new Map(portsOf(service)) }
  const { s3 } = readCredentials(readCompose(instance.composeFile, process.env), ports, dataDir)
  const { accessKeyId, secretAccessKey } = s3
  return {
    endpoint: s3.endpoint,
    region: s3.region,
    forcePathStyle: true,
    bucket: s3.bucket,
    credentials: { accessKeyId, secretAccessKey }
  }
}
