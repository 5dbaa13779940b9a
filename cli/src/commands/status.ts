import { isAlive, isFree } from '@sluice/testkit'
import { dataDirOf, dataDirOption } from '../data-dir.ts'
import { createFigures, type Figures } from '../figures.ts'
import { readClock } from '../follow-clock.ts'
import { readInstance, type InstanceProcess, type InstanceState } from '../platform/instance.ts'
import { probeReadyz } from '../platform/launchers.ts'
import { memoryMb } from '../process-memory.ts'
import type { Command } from '../command.ts'

interface ProcessStatus {
  readonly id: string
  readonly kind: string
  readonly state: string
  /** Why it is not ready. */
  readonly reason: string
  readonly pid: number | null
  readonly restarts: number
  readonly memoryMb: number | null
  readonly ports: readonly number[]
  readonly adminPort: number | null
  readonly log: string
}

interface Status {
  readonly running: boolean
  readonly ready: boolean
  readonly launcher: number | null
  readonly since: string | null
  readonly dataDir: string
  readonly clock: string | null
  readonly processes: readonly ProcessStatus[]
  readonly counts: Figures | null
  readonly credentials: Readonly<Record<string, string>>
}

export const status: Command = {
  name: 'status',
  summary: 'tells what runs: processes, ports, health, counts, where the credentials are',
  options: { json: { type: 'boolean', help: 'as JSON' }, 'data-dir': dataDirOption },
  exits: { 0: 'all is ready', 1: 'nothing runs, or something is not ready' },
  examples: ['status', 'status --json'],
  async run(values) {
    const dataDir = dataDirOf(values['data-dir'])
    const found = await readStatus(dataDir)
    console.log(values['json'] === true ? JSON.stringify(found, null, 2) : print(found))
    return found.ready ? 0 : 1
  }
}

/** Asks every process of the platform on this folder, from outside. */
export async function readStatus(dataDir: string): Promise<Status> {
  const instance = readInstance(dataDir)
  if (instance === null || !isAlive(instance.launcher)) return { ...nothing, dataDir }
  const processes = await Promise.all(instance.processes.map(readProcess))
  const admin = instance.processes.flatMap(({ service, adminPort }) =>
    adminPort === null ? [] : [{ service, port: adminPort }]
  )
  const secrets = `${dataDir}/volumes/secrets`
  return {
    running: true,
    ready: processes.every(({ state }) => state === 'ready' || state === 'done'),
    launcher: Number(instance.launcher.split(':')[0]),
    since: instance.startedAt,
    dataDir,
    clock: await clockOf(instance),
    processes,
    counts: admin.length === 0 ? null : await createFigures(admin)(),
    credentials: {
      s3: `${secrets}/aws-credentials`,
      redis: `${secrets}/redis-password`,
      apiKeys: `${secrets}/api-key-<client>`
    }
  }
}

const nothing: Omit<Status, 'dataDir'> = {
  running: false,
  ready: false,
  launcher: null,
  since: null,
  clock: null,
  processes: [],
  counts: null,
  credentials: {}
}

async function readProcess(one: InstanceProcess): Promise<ProcessStatus> {
  const alive = one.identity !== null && isAlive(one.identity)
  const shown = {
    id: one.id,
    kind: one.kind,
    pid: alive ? one.pid : null,
    restarts: one.restarts,
    memoryMb: alive ? memoryMb(one.pid) : null,
    ports: [...new Set(Object.values(one.ports))],
    adminPort: one.adminPort,
    log: one.logFile
  }
  const { ready, reason } = await probe(one, alive)
  if (one.kind === 'job' || !alive) return { ...shown, state: one.state, reason: one.note }
  return { ...shown, state: ready ? 'ready' : 'not ready', reason: ready || reason !== '' ? reason : 'does not answer' }
}

async function probe(one: InstanceProcess, alive: boolean): Promise<{ ready: boolean; reason: string }> {
  if (!alive || one.kind === 'job') return { ready: false, reason: '' }
  if (one.adminPort !== null) return probeReadyz(one.adminPort)
  const silent: number[] = []
  for (const port of new Set(Object.values(one.ports))) if (await isFree(port, '127.0.0.1')) silent.push(port)
  return { ready: silent.length === 0, reason: silent.map((port) => `nothing listens on ${port}`).join('; ') }
}

async function clockOf({ processes }: InstanceState): Promise<string | null> {
  const broker = processes.find(({ service }) => service === 'kafka')?.ports['19092']
  const schemas = processes.find(({ service }) => service === 'flight-producer')?.schemasDir ?? null
  if (broker === undefined || schemas === null) return null
  return readClock(`127.0.0.1:${broker}`, schemas).catch(() => null)
}

function print(found: Status): string {
  if (!found.running) return `nothing runs on ${found.dataDir}; npm start starts it`
  const rows = found.processes.map(({ id, state, pid, memoryMb: memory, ports, restarts, reason }) =>
    [
      id.padEnd(18),
      state.padEnd(10),
      String(pid ?? '-').padStart(8),
      (memory === null ? '-' : `${memory} MB`).padStart(8),
      `  ${ports.join(', ')}`.padEnd(22),
      restarts > 0 ? `${restarts} restarts ` : '',
      reason.split('\n')[0]
    ].join(' ')
  )
  const counts = found.counts
  return [
    `runs since ${found.since} (process ${found.launcher}) on ${found.dataDir}${found.ready ? '' : ', NOT READY'}`,
    ...(found.clock === null ? [] : [`simulated clock ${found.clock}`]),
    '',
    `${'service'.padEnd(18)} ${'state'.padEnd(10)} ${'pid'.padStart(8)} ${'memory'.padStart(8)}   ports`,
    ...rows,
    '',
    ...(counts === null
      ? []
      : [
          `since the start: accepted ${counts.accepted}, enriched ${counts.enriched}, dead-lettered ${counts.deadLettered}, repeats ${counts.repeats}, rows in the lake ${counts.rows}`,
          `lag: ${Object.entries(counts.lag)
            .map(([service, lag]) => `${service} ${lag}`)
            .join(', ')}`,
          ''
        ]),
    ...Object.entries(found.credentials).map(([what, file]) => `${`${what} credentials`.padEnd(20)} ${file}`)
  ].join('\n')
}
