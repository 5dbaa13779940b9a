import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Platform } from '@sluice/cli'

/** A service as `docker compose config` prints it: defaults filled in, anchors and variables resolved. */
export interface ServiceConfig {
  readonly image: string
  readonly build?: { readonly dockerfile: string }
  readonly user?: string
  readonly read_only?: boolean
  readonly privileged?: boolean
  readonly init?: boolean
  readonly cap_add?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly mem_limit?: string
  readonly cpus?: number
  readonly pids_limit?: number
  readonly restart?: string
  readonly stop_grace_period?: string
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> }
  readonly environment?: Readonly<Record<string, string | null>>
  readonly networks?: Readonly<Record<string, unknown>>
  readonly network_mode?: string
  readonly pid?: string
  readonly ipc?: string
  readonly ports?: readonly { readonly host_ip?: string; readonly published: string; readonly target: number }[]
  readonly volumes?: readonly {
    readonly type: string
    readonly source: string
    readonly target: string
    readonly read_only?: boolean
  }[]
  readonly tmpfs?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly develop?: { readonly watch: readonly { readonly action: string; readonly path: string }[] }
}

export interface Config {
  readonly services: Readonly<Record<string, ServiceConfig>>
  readonly networks: Readonly<
    Record<string, { readonly internal?: boolean; readonly driver_opts?: Readonly<Record<string, string>> }>
  >
  readonly volumes: Readonly<Record<string, object>>
}

const execute = promisify(execFile)

/** `docker` with the engine and the compose files that the environment names; its standard output. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await execute('docker', [...args], { maxBuffer: 64 * 1024 * 1024 })
  return stdout.trim()
}

export async function readConfig(): Promise<Config> {
  return JSON.parse(await docker('compose', 'config', '--format', 'json')) as Config
}

/** Ours, apart from the one-shot jobs. */
export function ourServices({ services }: Config): readonly string[] {
  return Object.keys(services).filter((name) => services[name]?.build !== undefined && !isJob(services[name]))
}

export function isJob(service: ServiceConfig | undefined): boolean {
  return service?.restart?.startsWith('on-failure') === true
}

const ids = new Map<string, Promise<string>>()

/** Of the one container of a service; it keeps it when it is restarted. */
function idOf(service: string): Promise<string> {
  const id = ids.get(service) ?? docker('compose', 'ps', '--all', '--quiet', service)
  ids.set(service, id)
  return id
}

/** What a shell prints inside of a running container, as the user that the container runs as. */
export async function inside(service: string, script: string): Promise<string> {
  return docker('exec', await idOf(service), 'sh', '-c', script)
}

export interface Inspected {
  readonly RestartCount: number
  readonly State: { readonly Status: string; readonly Health?: { readonly Status: string } }
}

export async function inspect(service: string): Promise<Inspected> {
  return (JSON.parse(await docker('inspect', await idOf(service))) as [Inspected])[0]
}

/** SIGKILL from inside to the container's own process, so that it is a crash and no order of ours. */
export async function killInside(service: string): Promise<void> {
  // The first process is the init; what it started is the service.
  await inside(
    service,
    `for p in /proc/[0-9]*; do set -- $(cat $p/stat); [ "$4" = 1 ] && kill -9 "$1"; done; true`
  ).catch(
    // The shell may be ended together with the container.
    () => undefined
  )
}

/** The platform in containers, as clients on this machine see it. */
export async function openPlatform(): Promise<Pick<Platform, 'address' | 'credentials'>> {
  const { services } = await readConfig()
  const [aws, password, demo] = [
    await inside('collector', 'cat /secrets/aws-credentials'),
    await inside('collector', 'cat /secrets/redis-password'),
    await inside('collector', 'cat /secrets/api-key-demo')
  ]
  const address = (service: string, port: number): string => {
    const found = services[service]?.ports?.find(({ target }) => target === port)
    if (found === undefined) throw new Error(`${service} publishes no port ${port}`)
    return `127.0.0.1:${found.published}`
  }
  const dir = '/secrets'
  const credentials = {
    dir,
    s3: {
      endpoint: `http://${address('s3', 8333)}`,
      region: services['batch-loader']?.environment?.['S3_REGION'] ?? '',
      bucket: services['batch-loader']?.environment?.['S3_BUCKET'] ?? '',
      accessKeyId: /^aws_access_key_id *= *(\S+)$/m.exec(aws)?.[1] ?? '',
      secretAccessKey: /^aws_secret_access_key *= *(\S+)$/m.exec(aws)?.[1] ?? '',
      file: `${dir}/aws-credentials`
    },
    redis: { url: `redis://${address('redis', 6379)}`, password, file: `${dir}/redis-password` },
    apiKeys: { demo }
  }
  return { address, credentials: () => credentials }
}
