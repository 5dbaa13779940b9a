import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isFree, processIdentity, repoRoot, stateDir, type Say } from '@sluice/testkit'
import { logDirOf } from './data-dir.ts'
import { readCompose, type ComposeFile, type ComposeService } from './compose/read-compose.ts'
import { assignPorts, type PortMap } from './platform/assign-ports.ts'
import { claimInstance, type Instance } from './platform/instance.ts'
import { createLauncher } from './platform/launchers.ts'
import { dropOnce } from './platform/once.ts'
import { planPlatform, type PlannedProcess } from './platform/plan.ts'
import { portOwner } from './platform/port-owner.ts'
import { startInOrder, stopInOrder } from './platform/order.ts'
import { supervise, type Supervised } from './platform/supervise.ts'
import { readCredentials, type Credentials } from './platform/credentials.ts'

export type { State, Supervised } from './platform/supervise.ts'
export type { Credentials } from './platform/credentials.ts'
export { leaveOnce } from './platform/once.ts'
export { planServices, type PlannedService } from './platform/plan-services.ts'

export interface PlatformOptions {
  /** Everything that is kept: volumes of the compose file, state. Default `.sluice/data` of this repository. */
  readonly dataDir?: string
  /** `default`: the numbers of the compose file. `free`: whatever is free. */
  readonly ports?: 'default' | 'free'
  readonly portOffset?: number
  /** Environment of single services, beyond that of the compose file: `{ 'flight-producer': { SPEED: 'max' } }`. */
  readonly env?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** How many of each service run; one, if not said. */
  readonly replicas?: Readonly<Record<string, number>>
  /** Only these services, with all that they depend on. */
  readonly services?: readonly string[]
  readonly composeFile?: string
  /** What fills in `${NAME:-default}` in the compose file, and moves ports. Default: the environment of this process. */
  readonly variables?: Readonly<Record<string, string | undefined>>
  /** Removes the volumes in the data folder before the start. */
  readonly fresh?: boolean
  /** How long each process may take until it is ready; null: as long as it takes. Default 120 s. */
  readonly readyTimeoutMs?: number | null
  /** Called for each change of any process. */
  readonly onChange?: (supervised: Supervised) => void
  /** What takes long and belongs to no process yet: downloads. */
  readonly say?: (id: string, line: string) => void
}

export interface Platform extends AsyncDisposable {
  readonly dataDir: string
  readonly logDir: string
  /** In the order of the compose file, replicas after their first. */
  readonly processes: readonly Supervised[]
  /** One process: `enricher`, or its replica 1: `process('enricher', 1)`. */
  process(service: string, replica?: number): Supervised
  /** `host:port` on this machine of a container port: `address('collector', 8080)`. */
  address(service: string, containerPort: number, replica?: number): string
  /** The port of `/healthz`, `/readyz` and `/metrics`. */
  adminPort(service: string, replica?: number): number
  /** Read from the files of the `secrets` job; available when that is done. */
  credentials(): Credentials
  /** Comes back when everything is ready; throws what kept it from that, having stopped everything. */
  readonly started: Promise<void>
  /** Stops everything in order, those first on which nothing depends. */
  stop(): Promise<void>
}

/** Runs the platform of `docker-compose.yml` without Docker, and comes back when every service of it is ready. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const platform = await openPlatform(options)
  await platform.started
  return platform
}

/** The same, but comes back at once: for whoever wants to watch it start. */
export async function openPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const variables = options.variables ?? process.env
  const composeFile = resolve(options.composeFile ?? join(repoRoot, 'docker-compose.yml'))
  const root = dirname(composeFile)
  const dataDir = resolve(options.dataDir ?? join(stateDir, 'data'))
  const logDir = logDirOf(dataDir)
  const replicas = options.replicas ?? {}
  const file = only(readCompose(composeFile, variables), options.services)
  const ports = await assignPorts(file, { ...options, replicas, variables })
  const planned = planPlatform(file, ports, { root, dataDir, replicas })
  const say = options.say ?? (() => undefined)

  const instance = await claimInstance(dataDir, (line) => say('launcher', line))
  try {
    await checkPorts(ports)
    // What is ours in it, and nothing else: it may be any folder.
    if (options.fresh === true) rmSync(join(dataDir, 'volumes'), { recursive: true, force: true })
    makeFolders(planned, dataDir, logDir)
  } catch (error) {
    instance.release()
    throw error
  }

  const startedAt = new Date().toISOString()
  const logFile = (id: string) => join(logDir, `${id}.log`)
  const processes = planned.map((one) =>
    supervise(one, {
      launcher: createLauncher(one, {
        root,
        dataDir,
        logFile: logFile(one.id),
        environment: options.env?.[one.service.name] ?? {},
        say: (line) => say(one.id, line)
      }),
      onChange: (supervised) => {
        save()
        options.onChange?.(supervised)
      }
    })
  )
  const save = () => saveState(instance, { startedAt, composeFile, dataDir, processes, logFile })
  save()

  const stopping = new AbortController()
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping.abort(new Error('the platform is being stopped'))
    stopped ??= stopInOrder(processes).finally(() => instance.release())
    return stopped
  }
  const readyTimeoutMs = options.readyTimeoutMs === undefined ? 120_000 : options.readyTimeoutMs
  const started = startInOrder(processes, { signal: stopping.signal, readyTimeoutMs }).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  started.catch(() => undefined)

  const find = (service: string, replica: number): Supervised => {
    const found = processes.find((one) => one.planned.service.name === service && one.planned.replica === replica)
    if (found === undefined) throw new Error(`there is no ${service} (replica ${replica}) in this platform`)
    return found
  }
  return {
    dataDir,
    logDir,
    processes,
    process: (service, replica = 0) => find(service, replica),
    address: (service, containerPort, replica = 0) => {
      const port = find(service, replica).planned.ports.get(containerPort)
      if (port === undefined) throw new Error(`${service} does not listen on ${containerPort}`)
      return `127.0.0.1:${port}`
    },
    adminPort: (service, replica = 0) => adminPortOf(find(service, replica).planned) ?? 0,
    credentials: () => readCredentials(file, ports, dataDir),
    started,
    stop,
    [Symbol.asyncDispose]: stop
  }
}

/** The named services and all that they depend on. */
function only(file: ComposeFile, names: readonly string[] | undefined): ComposeFile {
  if (names === undefined) return file
  const wanted = new Map<string, ComposeService>()
  const add = (name: string): void => {
    const service = file.services.get(name)
    if (service === undefined) throw new Error(`there is no service ${name} in the compose file`)
    if (wanted.has(name)) return
    wanted.set(name, service)
    Object.keys(service.dependsOn).forEach(add)
  }
  names.forEach(add)
  return { ...file, services: wanted }
}

async function checkPorts(ports: PortMap): Promise<void> {
  const problems: string[] = []
  for (const { id, port, setting } of ports.all) {
    if (await isFree(port, '127.0.0.1')) continue
    problems.push(`port ${port} of ${id} is taken by ${portOwner(port)}: end that, or set ${setting}=<another port>`)
  }
  if (problems.length > 0)
    throw new Error(`${problems.join('\n')}\n(--port-offset 1000 moves all ports of the platform at once)`)
}

function makeFolders(planned: readonly PlannedProcess[], dataDir: string, logDir: string): void {
  mkdirSync(logDir, { recursive: true })
  rmSync(join(dataDir, 'tmp'), { recursive: true, force: true })
  dropOnce(dataDir)
  for (const { id, service, path } of planned) {
    for (const { kind, target } of service.mounts)
      if (kind !== 'bind') mkdirSync(path(target), { recursive: true, mode: 0o700 })
    rotate(join(logDir, `${id}.log`))
  }
}

/** The log of the last run is kept as `.1`. */
function rotate(logFile: string): void {
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > 0) renameSync(logFile, `${logFile}.1`)
}

interface SavedParts {
  readonly startedAt: string
  readonly composeFile: string
  readonly dataDir: string
  readonly processes: readonly Supervised[]
  readonly logFile: (id: string) => string
}

function saveState(instance: Instance, { startedAt, composeFile, dataDir, processes, logFile }: SavedParts): void {
  instance.save({
    startedAt,
    composeFile,
    dataDir,
    processes: processes.map(({ planned, state, note, pid, restarts }) => ({
      id: planned.id,
      service: planned.service.name,
      kind: planned.kind,
      state,
      note,
      pid,
      identity: pid === 0 ? null : processIdentity(pid),
      restarts,
      ports: Object.fromEntries(planned.ports),
      adminPort: adminPortOf(planned),
      schemasDir: planned.environment['SCHEMAS_DIR'] ?? null,
      logFile: logFile(planned.id)
    }))
  })
}

function adminPortOf({ environment }: PlannedProcess): number | null {
  return environment['ADMIN_PORT'] === undefined ? null : Number(environment['ADMIN_PORT'])
}

export type { Say }
