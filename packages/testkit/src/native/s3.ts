import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startBacking, type Backing } from './backing.ts'
import { spawnGuarded } from './guarded.ts'
import { installSeaweedfs } from './install-seaweedfs.ts'
import type { Say } from './paths.ts'
import { freePort, freePortPair } from './ports.ts'
import { answersHttp } from './probes.ts'

export interface S3Options {
  /** Data, configuration and log live here; a folder that was used before is gone on with. */
  readonly dir: string
  readonly port?: number
  /** Made at start if it is not there. */
  readonly bucket?: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  /** SeaweedFS's `s3.config` file with the identities, instead of the two above. */
  readonly configFile?: string
  /** More `weed mini` flags, such as `-volume.max=8`. */
  readonly flags?: readonly string[]
  readonly memoryLimitMb?: number
  readonly logFile?: string
  readonly log?: Say
}

export interface S3Connection {
  readonly endpoint: string
  readonly region: 'us-east-1'
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** One real S3 server (SeaweedFS) on loopback: 1 s to the first answer, some 120 MB. */
export async function startS3(options: S3Options): Promise<Backing<S3Connection>> {
  const { dir, bucket = 'lake', log = () => undefined } = options
  const weed = await installSeaweedfs(log)
  mkdirSync(join(dir, 'data'), { recursive: true })
  const port = options.port ?? (await freePort())
  const accessKeyId = options.accessKeyId ?? 'sluice'
  const secretAccessKey = options.secretAccessKey ?? randomBytes(24).toString('base64url')
  const configFile = options.configFile ?? writeIdentity(dir, accessKeyId, secretAccessKey)
  const inside = await chooseInsidePorts()
  // Unix sockets, made in /tmp by the servers inside and left there when they are killed.
  const sockets = [
    ...['master', 'volume', 'filer', 's3', 'admin'].map((part) => `${part}-grpc-${inside[`${part}.port.grpc`]}`),
    `s3-${port}`,
    `filer-${inside['filer.port']}`
  ].map((name) => `/tmp/seaweedfs-${name}.sock`)
  return startBacking({
    name: 's3',
    port,
    dir,
    settings: { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', bucket, accessKeyId, secretAccessKey },
    // It takes from 4 s to half a minute to stop by itself, and loses nothing that it acknowledged when it is killed.
    graceMs: 10_000,
    start: () =>
      spawnGuarded({
        command: weed,
        args: [
          'mini',
          `-dir=${join(dir, 'data')}`,
          '-ip=127.0.0.1',
          '-ip.bind=127.0.0.1',
          `-bucket=${bucket}`,
          '-master.telemetry=false',
          '-webdav=false',
          '-admin.ui=false',
          '-s3.port.iceberg=0',
          '-s3.port.lance=0',
          `-s3.config=${configFile}`,
          `-s3.port=${port}`,
          ...(options.flags ?? []),
          ...Object.entries(inside).map(([flag, value]) => `-${flag}=${value}`)
        ],
        cwd: dir,
        env: { PATH: process.env['PATH'], HOME: dir, GOMEMLIMIT: `${options.memoryLimitMb ?? 384}MiB` },
        logFile: options.logFile ?? join(dir, 's3.log'),
        onOrphan: 'SIGKILL'
      }),
    isReady: () => answersHttp(`http://127.0.0.1:${port}/healthz`),
    cleanUp: () => sockets.forEach((socket) => rmSync(socket, { force: true }))
  })
}

function writeIdentity(dir: string, accessKey: string, secretKey: string): string {
  const file = join(dir, 's3.json')
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging']
  const identities = [{ name: 'sluice', credentials: [{ accessKey, secretKey }], actions }]
  writeFileSync(file, JSON.stringify({ identities }), { mode: 0o600 })
  return file
}

/** Ports of the servers inside. One of them dials the admin server at its port + 10000, whatever the flag says. */
async function chooseInsidePorts(): Promise<Record<string, number>> {
  const [adminPort, adminGrpcPort] = await freePortPair(10_000)
  const ports: Record<string, number> = { 'admin.port': adminPort, 'admin.port.grpc': adminGrpcPort }
  for (const flag of ['s3.port.grpc', 'master.port', 'master.port.grpc', 'volume.port', 'volume.port.grpc'])
    ports[flag] = await freePort()
  for (const flag of ['filer.port', 'filer.port.grpc']) ports[flag] = await freePort()
  return ports
}
