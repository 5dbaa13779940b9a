import { crashChannel, crashPoints, RefusedError } from '@sluice/events'

/**
 * Has this process die or hang where a fault test wants it. `SLUICE_CRASH_AT=offsets-sent:3`: killed at the third time
 * that it passes this point; nothing is flushed, nobody is told. `SLUICE_HANG_AT=…`: its event loop stands still there.
 */
export function crashAt(
  env: Readonly<Record<string, string | undefined>>,
  { kill, hang } = { kill: killNow, hang: hangNow }
): void {
  arm('SLUICE_CRASH_AT', env['SLUICE_CRASH_AT'], kill)
  arm('SLUICE_HANG_AT', env['SLUICE_HANG_AT'], hang)
}

function arm(setting: string, wanted: string | undefined, action: () => void): void {
  if (wanted === undefined || wanted === '') return
  const [name, times = '1'] = wanted.split(':')
  const known: readonly (string | undefined)[] = crashPoints
  if (!known.includes(name) || !/^[1-9]\d{0,8}$/.test(times))
    throw new RefusedError([
      `${setting} is ${wanted}, expected one of ${crashPoints.join(', ')}, with :n for the nth time`
    ])
  let left = Number(times)
  crashChannel.subscribe((passed) => {
    if (passed === name && --left === 0) action()
  })
}

function killNow(): void {
  process.kill(process.pid, 'SIGKILL')
}

function hangNow(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
