import type { Mark, Progress } from './progress.ts'
import type { State, Supervised } from './start-platform.ts'

const marks: Readonly<Record<State, Mark>> = {
  waiting: 'wait',
  starting: 'run',
  ready: 'ok',
  'not ready': 'run',
  restarting: 'run',
  stopping: 'run',
  done: 'ok',
  failed: 'fail',
  refused: 'fail',
  stopped: 'wait'
}

/** One line per process, kept up to date. */
export function showProcess(progress: Progress, { planned, state, note }: Supervised): void {
  const own = [...new Set(planned.ports.values())].filter((port) => String(port) !== planned.environment['ADMIN_PORT'])
  const ports = own.length === 0 ? '' : `port ${own.join(', ')}`
  const text = state === 'ready' ? ports : state === 'starting' ? note : note === '' ? state : `${state}: ${note}`
  progress.step(planned.id, marks[state], text)
}
