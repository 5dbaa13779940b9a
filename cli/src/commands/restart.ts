import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '@sluice/testkit'
import { dataDirOf, dataDirOption } from '../data-dir.ts'
import { readInstance, type InstanceProcess } from '../platform/instance.ts'
import { leaveOnce, type Once } from '../platform/once.ts'
import { UsageError, type Command } from '../command.ts'

const longestMs = 120_000

export const restart: Command = {
  name: 'restart',
  summary: 'stops one service of the platform that runs and starts it again: restart enricher',
  operands: [{ name: 'service', help: 'its id, as status shows it', completes: 'service' }],
  options: {
    env: { type: 'string', multiple: true, value: 'NAME=VALUE', help: 'beside its settings, for its next life only' },
    'data-dir': dataDirOption
  },
  exits: { 1: 'it does not run, or does not become ready' },
  examples: ['restart enricher', 'restart batch-loader --env FLUSH_MS=1000 --env LOG_LEVEL=debug'],
  async run(values) {
    const dataDir = dataDirOf(values['data-dir'])
    const before = processOf(dataDir, typeof values['service'] === 'string' ? values['service'] : null)
    const once = parseOnce(values['env'])
    if (Object.keys(once).length > 0) {
      if (before.kind !== 'service') throw new Error(`--env: ${before.id} is no service of ours`)
      leaveOnce(dataDir, before.id, once)
    }
    process.kill(before.pid, 'SIGTERM')
    const pid = await nextLife(dataDir, before)
    console.log(`${before.id} runs again, as process ${pid}`)
    return 0
  }
}

function processOf(dataDir: string, id: string | null): InstanceProcess {
  const instance = readInstance(dataDir)
  if (instance === null || !isAlive(instance.launcher))
    throw new Error(`nothing runs on ${dataDir}; npm start starts it`)
  const running = instance.processes.filter(({ kind }) => kind !== 'job')
  const found = running.find((one) => one.id === id)
  if (found === undefined) {
    throw new UsageError(
      `which service? Expected one of ${running.map((one) => one.id).join(', ')}; found ${id ?? 'none'}`
    )
  }
  if (found.identity === null || !isAlive(found.identity))
    throw new Error(`${found.id} does not run: it is ${found.state}`)
  return found
}

function parseOnce(values: unknown): Once {
  const words = Array.isArray(values) ? (values as readonly string[]) : []
  return Object.fromEntries(
    words.map((word) => {
      const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(word) ?? []
      if (name === undefined || value === undefined) throw new UsageError(`--env: expected NAME=VALUE, found ${word}`)
      return [name, value]
    })
  )
}

/** The pid of the first life after `before` that becomes ready. */
async function nextLife(dataDir: string, before: InstanceProcess): Promise<number> {
  for (const until = performance.now() + longestMs; performance.now() < until; await sleep(50)) {
    const now = readInstance(dataDir)?.processes.find(({ id }) => id === before.id)
    if (now === undefined) throw new Error(`the platform on ${dataDir} has ended`)
    if (now.state === 'refused' || now.state === 'failed') throw new Error(`${now.id} ${now.state}: ${now.note}`)
    if (now.identity !== null && now.identity !== before.identity && now.state === 'ready') return now.pid
  }
  throw new Error(`${before.id} is not ready after ${longestMs / 1000} s: see ${before.logFile}`)
}
