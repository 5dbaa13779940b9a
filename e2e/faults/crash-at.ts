import { leaveOnce, type Platform, type Supervised } from '@sluice/cli'
import type { CrashPoint } from '@sluice/events'
import { waitFor } from '@sluice/testkit'

export interface CrashAtDeps {
  readonly platform: Pick<Platform, 'dataDir'>
  /** Told of every change of a process. */
  readonly watchers: Set<(supervised: Supervised) => void>
}

export interface Crash {
  readonly point: CrashPoint
  /** At which time that it passes there. */
  readonly times: number
  readonly one: Supervised
  readonly timeoutMs: number
}

/** What a process does to itself at a crash point. */
const signal = 'SIGKILL'

/** Starts a process anew, to die at a point. False: it did not pass there in time, or ended in another way. */
export async function crashAt(
  { platform, watchers }: CrashAtDeps,
  { point, times, one, timeoutMs }: Crash
): Promise<boolean> {
  // In order: a group waits for a member that was killed, and whoever comes meanwhile waits with it.
  await one.stop()
  // For this one's next life: another one of the same service may be told to die elsewhere at the same time.
  leaveOnce(platform.dataDir, one.planned.id, { SLUICE_CRASH_AT: `${point}:${times}` })
  const ends: string[] = []
  const listen = (changed: Supervised): void => {
    if (changed === one && hasEnded(changed)) ends.push(changed.note)
  }
  watchers.add(listen)
  try {
    await one.start()
    const end = await waitFor(`${one.planned.id} crashes at ${point}`, () => ends[0] ?? false, { timeoutMs })
    // A process that fails at its start ends as well, and has not passed there.
    return end.startsWith(signal)
  } catch {
    await one.kill('SIGKILL')
    return false
  } finally {
    watchers.delete(listen)
  }
}

function hasEnded({ state, note }: Supervised): boolean {
  // The first is told before the restart policy has its turn.
  return (state === 'not ready' && note === signal) || ['restarting', 'done', 'failed', 'refused'].includes(state)
}
