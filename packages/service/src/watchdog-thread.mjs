// The thread of watchdog.ts. Plain JavaScript, so that no second TypeScript loader is kept in memory for thirty lines.
import { write } from 'node:fs'
import { workerData } from 'node:worker_threads'

/** @type {{ ticks: Int32Array, maxSilenceMs: number, service: string }} */
const { ticks, maxSilenceMs, service } = workerData
const everyMs = Math.min(1000, maxSilenceMs / 4)

let seen = Atomics.load(ticks, 0)
let silentMs = 0
let lastMs = performance.now()

const timer = setInterval(() => {
  const nowMs = performance.now()
  // While the process was stopped (SIGSTOP, a sleeping laptop) it could not tick: a longer step counts as one step.
  silentMs += Math.min(nowMs - lastMs, 2 * everyMs)
  lastMs = nowMs
  const count = Atomics.load(ticks, 0)
  if (count !== seen) silentMs = 0
  seen = count
  if (silentMs >= maxSilenceMs) end()
}, everyMs)

function end() {
  clearInterval(timer)
  const line = {
    level: 'fatal',
    time: new Date().toISOString(),
    service,
    silentMs: Math.round(silentMs),
    msg: 'no tick'
  }
  // Not through the main thread, which may be blocked; and not waited for, because a full pipe may block as well.
  write(1, `${JSON.stringify(line)}\n`, kill)
  setTimeout(kill, 500)
}

function kill() {
  process.kill(process.pid, 'SIGKILL')
}
