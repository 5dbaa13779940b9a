import { crashChannel, crashPoints, RefusedError } from '@sluice/events'

/**
 * Has this process killed where a fault test wants it: `SLUICE_CRASH_AT=offsets-sent:3` at the third time that it
 * passes this point. Nothing is flushed, nobody is told.
 */
export function crashAt(wanted: string | undefined, kill: () => void = killNow): void {
  if (wanted === undefined || wanted === '') return
  const [name, times = '1'] = wanted.split(':')
  const known: readonly (string | undefined)[] = crashPoints
  if (!known.includes(name) || !/^[1-9]\d{0,8}$/.test(times))
    throw new RefusedError([
      `SLUICE_CRASH_AT is ${wanted}, expected one of ${crashPoints.join(', ')}, with :n for the nth time`
    ])
  let left = Number(times)
  crashChannel.subscribe((passed) => {
    if (passed === name && --left === 0) kill()
  })
}

function killNow(): void {
  process.kill(process.pid, 'SIGKILL')
}
