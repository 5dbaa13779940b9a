import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { interpolateAll, readEnvFile, type Variables } from './interpolate.ts'
import {
  buildKeys,
  dependencyKeys,
  healthcheckKeys,
  serviceKeys,
  topLevelKeys,
  volumeKeys,
  type KnownKeys
} from './known-keys.ts'

export type Condition = 'service_started' | 'service_healthy' | 'service_completed_successfully'

export interface ComposeService {
  readonly name: string
  /** `SERVICE` of its build: it is one of ours. */
  readonly ours: string | null
  /** Someone waits for its end. */
  readonly isJob: boolean
  readonly image: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Published on this machine. */
  readonly ports: readonly { readonly host: number; readonly container: number }[]
  readonly mounts: readonly Mount[]
  readonly dependsOn: Readonly<Record<string, Condition>>
  readonly hasHealthcheck: boolean
  readonly restart: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  /** Of `on-failure:3`; null = as often as it takes. */
  readonly maxRestarts: number | null
  readonly stopGraceMs: number
}

interface Mount {
  readonly kind: 'volume' | 'bind' | 'tmpfs'
  /** Name of the volume, path on this machine relative to the file, or '' for a tmpfs. */
  readonly source: string
  readonly target: string
}

export interface ComposeFile {
  readonly name: string
  readonly services: ReadonlyMap<string, ComposeService>
}

/** Reads a compose file as the native launcher understands it. Throws one error that lists every problem. */
export function readCompose(file: string, variables: Variables): ComposeFile {
  const text = readFileSync(file, 'utf8')
  const envFile = join(dirname(file), '.env')
  return parseCompose(text, { ...(existsSync(envFile) ? readEnvFile(envFile) : {}), ...variables })
}

export function parseCompose(text: string, variables: Variables): ComposeFile {
  const problems: string[] = []
  // The file is ours, and each service merges some ten times: no bound on that.
  const tree = interpolateAll(parse(text, { merge: true, maxAliasCount: -1 }), variables)
  const file = record(tree, 'the file', problems)
  checkKeys(file, topLevelKeys, 'top level', problems)
  const volumes = record(file['volumes'] ?? {}, 'volumes', problems)
  for (const [name, volume] of Object.entries(volumes))
    checkKeys(record(volume ?? {}, `volumes.${name}`, problems), volumeKeys, `volumes.${name}`, problems)
  const services = new Map<string, ComposeService>()
  for (const [name, value] of Object.entries(record(file['services'], 'services', problems))) {
    const raw = record(value, `services.${name}`, problems)
    // Services with a profile start only when asked for, by hand.
    if (Array.isArray(raw['profiles']) && raw['profiles'].length > 0) continue
    services.set(name, readService(name, raw, problems))
  }
  checkReferences(services, volumes, problems)
  for (const { dependsOn } of services.values())
    for (const [name, condition] of Object.entries(dependsOn)) {
      const job = services.get(name)
      if (job !== undefined && condition === 'service_completed_successfully')
        services.set(name, { ...job, isJob: true })
    }
  if (problems.length > 0)
    throw new Error(`the compose file cannot be run without Docker:\n${problems.map((p) => `- ${p}`).join('\n')}`)
  return { name: typeof file['name'] === 'string' ? file['name'] : 'sluice', services }
}

function readService(name: string, raw: Tree, problems: string[]): ComposeService {
  const at = `services.${name}`
  checkKeys(raw, serviceKeys, at, problems)
  const build = raw['build'] === undefined ? null : record(raw['build'], `${at}.build`, problems)
  if (build !== null) checkKeys(build, buildKeys, `${at}.build`, problems)
  const args = record(build?.['args'] ?? {}, `${at}.build.args`, problems)
  if (build !== null && typeof args['SERVICE'] !== 'string')
    problems.push(`${at}.build.args: SERVICE is missing; without it nobody knows which service of ours this is`)
  if (typeof raw['image'] !== 'string') problems.push(`${at}.image is missing`)
  const healthcheck =
    raw['healthcheck'] === undefined ? null : record(raw['healthcheck'], `${at}.healthcheck`, problems)
  if (healthcheck !== null) checkKeys(healthcheck, healthcheckKeys, `${at}.healthcheck`, problems)
  const [restart = 'no', maxRestarts] = scalar(raw['restart'] ?? 'no').split(':')
  if (!isRestart(restart)) problems.push(`${at}.restart: ${restart} is not a restart policy`)
  return {
    name,
    ours: build === null ? null : String(args['SERVICE']),
    isJob: false,
    image: String(raw['image']),
    command: readCommand(raw['command'], at, problems),
    environment: readEnvironment(raw['environment'], at, problems),
    ports: strings(raw['ports'], `${at}.ports`, problems).map((port) => readPort(port, at, problems)),
    mounts: [
      ...strings(raw['volumes'], `${at}.volumes`, problems).map((volume) => readMount(volume, at, problems)),
      ...strings(raw['tmpfs'], `${at}.tmpfs`, problems).map(readTmpfs)
    ],
    dependsOn: readDependencies(raw['depends_on'], at, problems),
    hasHealthcheck: healthcheck !== null,
    restart: isRestart(restart) ? restart : 'no',
    maxRestarts: maxRestarts === undefined ? null : Number(maxRestarts),
    stopGraceMs: readDuration(raw['stop_grace_period'] ?? '10s', at, problems)
  }
}

function readCommand(value: unknown, at: string, problems: string[]): readonly string[] {
  if (typeof value === 'string') problems.push(`${at}.command: write it as a list, it is run without a shell`)
  return strings(typeof value === 'string' ? [] : value, `${at}.command`, problems)
}

function readEnvironment(value: unknown, at: string, problems: string[]): Record<string, string> {
  const tree = record(value ?? {}, `${at}.environment`, problems)
  return Object.fromEntries(Object.entries(tree).map(([name, item]) => [name, scalar(item ?? '')]))
}

function readPort(text: string, at: string, problems: string[]): { host: number; container: number } {
  const match = /^127\.0\.0\.1:(\d+):(\d+)$/.exec(text)
  if (match === null) problems.push(`${at}.ports: ${text} is not 127.0.0.1:<port>:<port>`)
  return { host: Number(match?.[1]), container: Number(match?.[2]) }
}

function readMount(text: string, at: string, problems: string[]): Mount {
  const [source = '', target = '', mode = 'rw', ...rest] = text.split(':')
  if (!target.startsWith('/') || (mode !== 'rw' && mode !== 'ro') || rest.length > 0)
    problems.push(`${at}.volumes: ${text} is not <volume or ./path>:<absolute path>[:ro]`)
  return { kind: source.startsWith('.') ? 'bind' : 'volume', source, target }
}

function readTmpfs(text: string): Mount {
  return { kind: 'tmpfs', source: '', target: text.split(':')[0] ?? text }
}

function readDependencies(value: unknown, at: string, problems: string[]): Record<string, Condition> {
  const result: Record<string, Condition> = {}
  for (const [name, item] of Object.entries(record(value ?? {}, `${at}.depends_on`, problems))) {
    const dependency = record(item, `${at}.depends_on.${name}`, problems)
    checkKeys(dependency, dependencyKeys, `${at}.depends_on.${name}`, problems)
    const condition = dependency['condition']
    if (isCondition(condition)) result[name] = condition
    else problems.push(`${at}.depends_on.${name}.condition: ${String(condition)} is not a condition`)
  }
  return result
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 }

function readDuration(value: unknown, at: string, problems: string[]): number {
  const match = /^(\d+)(ms|s|m)$/.exec(String(value))
  if (match === null) problems.push(`${at}.stop_grace_period: ${String(value)} is not a number with ms, s or m`)
  return Number(match?.[1]) * (unitMs[match?.[2] ?? ''] ?? 0)
}

function checkReferences(services: ReadonlyMap<string, ComposeService>, volumes: Tree, problems: string[]): void {
  for (const service of services.values()) {
    for (const [name, condition] of Object.entries(service.dependsOn)) {
      const dependency = services.get(name)
      if (dependency === undefined) problems.push(`services.${service.name}.depends_on: there is no service ${name}`)
      else if (condition === 'service_healthy' && !dependency.hasHealthcheck)
        problems.push(`services.${service.name}.depends_on: ${name} has no health check to wait for`)
    }
    for (const mount of service.mounts)
      if (mount.kind === 'volume' && !(mount.source in volumes))
        problems.push(`services.${service.name}.volumes: there is no volume ${mount.source}`)
  }
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

type Tree = Readonly<Record<string, unknown>>

function record(value: unknown, at: string, problems: string[]): Tree {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Tree
  problems.push(`${at} is not a map of names to values`)
  return {}
}

function strings(value: unknown, at: string, problems: string[]): readonly string[] {
  if (value === undefined) return []
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  problems.push(`${at} is not a list of strings`)
  return []
}

function checkKeys(tree: Tree, known: KnownKeys, at: string, problems: string[]): void {
  for (const key of Object.keys(tree)) {
    if (known.honoured.includes(key) || known.ignored.includes(key) || key.startsWith('x-')) continue
    problems.push(`${at}: "${key}" is unknown; decide in known-keys.ts what it means without Docker`)
  }
}

function isRestart(text: string): text is ComposeService['restart'] {
  return ['no', 'always', 'unless-stopped', 'on-failure'].includes(text)
}

function isCondition(value: unknown): value is Condition {
  return ['service_started', 'service_healthy', 'service_completed_successfully'].includes(String(value))
}
