import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadTopics } from '@sluice/contracts'
import { RefusedError } from '@sluice/events'
import { checkTopics, openKafka } from '@sluice/kafka'
import { readStatus } from '../commands/status.ts'
import { silentLog } from '../json-log.ts'
import { fetchMetrics, type Sample } from '../metrics-text.ts'
import type { InstanceState } from '../platform/instance.ts'
import { ok, problem, warning, type Finding } from './finding.ts'

const manyRestarts = 3
const muchLag = 50_000
const lossSeconds = { warning: 24 * 3600, problem: 3600 }
const skewMs = 5000

type Status = Awaited<ReturnType<typeof readStatus>>
type Process = Status['processes'][number]

/** Everything that can be seen of a running platform from outside; takes `watchMs` to see what changes. */
export async function checkPlatform(instance: InstanceState, watchMs = 2000): Promise<readonly Finding[]> {
  const status = await readStatus(instance.dataDir)
  const before = await readSamples(instance)
  await sleep(watchMs)
  const samples = await readSamples(instance)
  return [
    ...status.processes.map(checkProcess),
    ...(await checkTopicsOf(instance)),
    ...checkLag(status),
    ...checkLoss(samples),
    ...checkRejected(before, samples, watchMs),
    ...checkSecrets(join(instance.dataDir, 'volumes/secrets')),
    ...(await checkTime(instance))
  ]
}

function checkProcess({ id, kind, state, reason, restarts, log }: Process): Finding {
  const why = reason === '' ? state : `${state}: ${reason.split('\n')[0]}`
  if (state !== 'ready' && state !== 'done') {
    const advice = kind === 'part' ? `see ${log}, then: npm run sluice -- restart ${id}` : `see ${log}`
    return problem(id, why, advice)
  }
  if (restarts < manyRestarts) return ok(id, state)
  return warning(id, `${state}, started again ${restarts} times`, `its log says why: ${log}, and ${log}.1`)
}

/** Whether the topics of a running platform are those of its `topics.yaml`. */
export async function checkTopicsOf({ processes }: Pick<InstanceState, 'processes'>): Promise<readonly Finding[]> {
  const port = processes.find(({ service }) => service === 'kafka')?.ports['19092']
  const schemas = processes.find(({ schemasDir }) => schemasDir !== null)?.schemasDir ?? null
  if (port === undefined || schemas === null) return []
  const settings = { brokers: [`127.0.0.1:${port}`], clientId: 'sluice-doctor', tls: null, sasl: null }
  const topics = await loadTopics(schemas)
  try {
    await checkTopics(openKafka(settings, { log: silentLog }), topics)
    return [ok('topics', `as ${schemas}/topics.yaml wants them`)]
  } catch (error) {
    if (error instanceof RefusedError) {
      const advice = 'put topics.yaml back, or start anew: npm start -- --fresh'
      return error.problems.map((text) => problem('topics', text, advice))
    }
    return [problem('topics', (error as Error).message, 'see kafka above')]
  }
}

function checkLag({ counts }: Status): readonly Finding[] {
  return Object.entries(counts?.lag ?? {}).map(([service, lag]) => {
    const found = `${service} has ${lag} records to read`
    return lag < muchLag ? ok('lag', found) : warning('lag', found, `it catches up, or its reasons above say why not`)
  })
}

/** Retention deletes what nobody has read in time. */
export function checkLoss(samples: readonly Sample[]): readonly Finding[] {
  const left = samples.filter(({ name }) => name === 'sluice_seconds_to_loss')
  const soonest = left.toSorted((a, b) => a.value - b.value)[0]
  if (soonest === undefined) return []
  const { topic, partition } = soonest.labels
  const found = `unread records of ${topic}/${partition} are deleted in ${(soonest.value / 3600).toFixed(1)} hours`
  if (soonest.value > lossSeconds.warning) return [ok('retention', found)]
  const advice =
    'have its reader catch up, or raise retention in schemas/topics.yaml; docs/recovery.md says what if not'
  return [(soonest.value > lossSeconds.problem ? warning : problem)('retention', found, advice)]
}

/** Dead letters of these moments; those of before are for a query. */
export function checkRejected(
  before: readonly Sample[],
  after: readonly Sample[],
  watchMs: number
): readonly Finding[] {
  const rising = after
    .filter(({ name, labels }) => name === 'sluice_rejected_total' && labels['service'] === 'enricher')
    .map(({ labels, value }) => {
      const earlier = before.find(({ name, labels: old }) => name === 'sluice_rejected_total' && isSame(old, labels))
      return { reason: labels['reason'] ?? '', more: value - (earlier?.value ?? 0) }
    })
    .filter(({ more }) => more > 0)
  if (rising.length === 0) return [ok('dead letters', `none within ${watchMs / 1000} s`)]
  const found = rising.map(({ reason, more }) => `${more} of reason ${reason}`).join(', ')
  const advice = 'npm run sluice -- query "SELECT reason, pointer, message FROM dead_letters"; docs/dead-letters.md'
  return [warning('dead letters', `${found} within ${watchMs / 1000} s`, advice)]
}

function isSame(a: Sample['labels'], b: Sample['labels']): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function checkSecrets(dir: string): readonly Finding[] {
  if (!existsSync(dir)) return []
  const names = readdirSync(dir)
  // Some are readable by all, for the users of other people's images: here the folder keeps everybody out.
  const isClosed = (statSync(dir).mode & 0o077) === 0
  const open = isClosed ? [] : names.filter((name) => (statSync(join(dir, name)).mode & 0o077) !== 0)
  if (open.length === 0) return [ok('secrets', `${names.length} files that only their owner reads`)]
  return open.map((name) => problem('secrets', `${join(dir, name)} is open to others`, `chmod 600 ${join(dir, name)}`))
}

/** S3 refuses signatures of another time; event windows and retention need the right one, too. */
async function checkTime({ processes }: InstanceState): Promise<readonly Finding[]> {
  const port = processes.find(({ service }) => service === 's3')?.ports['8333']
  if (port === undefined) return []
  try {
    const sentMs = Date.now()
    const { headers } = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(5000) })
    const apart = Math.abs(Date.parse(headers.get('date') ?? '') - sentMs)
    if (Number.isNaN(apart)) return []
    if (apart < skewMs) return [ok('time', 'S3 has the same')]
    return [problem('time', `S3 is ${(apart / 1000).toFixed(0)} s apart from here`, 'set the clocks (timedatectl)')]
  } catch {
    return []
  }
}

async function readSamples({ processes }: InstanceState): Promise<readonly Sample[]> {
  const all = await Promise.all(
    processes.flatMap(({ service, adminPort }) =>
      adminPort === null
        ? []
        : [
            fetchMetrics(adminPort).then((samples) =>
              samples.map((sample) => ({ ...sample, labels: { ...sample.labels, service } }))
            )
          ]
    )
  )
  return all.flat()
}
