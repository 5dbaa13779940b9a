// A service that behaves as BEHAVIOUR says; run.test.ts runs it as a process of its own.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '@sluice/events'
import { runtimeSettings } from '../groups.ts'
import { run } from '../run.ts'
import { defineService } from '../service.ts'
import { setting } from '../setting.ts'
import { defineSettings } from '../settings.ts'

const settings = defineSettings({
  ...runtimeSettings({ adminPort: 0 }),
  BEHAVIOUR: setting.text({ default: 'ticks', doc: 'What to do once it runs.' })
})

await run(
  defineService({
    name: 'fixture',
    settings,
    async start({ settings, stack, log, tick }) {
      const timer = setInterval(() => tick(), 20)
      stack.defer(() => clearInterval(timer), 'timer')
      if (settings.BEHAVIOUR === 'stuck') stack.defer(() => stuck(log), 'stuck')
      if (settings.BEHAVIOUR === 'silent') clearInterval(timer)
      setTimeout(() => misbehave(settings.BEHAVIOUR, log), 100)
      return { problems: () => [] }
    }
  })
)

function misbehave(behaviour: string, log: Log): void {
  if (behaviour === 'floods') for (;;) log.info({ padding: 'x'.repeat(10_000) }, 'flood')
  if (behaviour === 'loops') for (;;);
  if (behaviour === 'blocks') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  if (behaviour === 'rejects') void Promise.reject(new Error('nobody caught this'))
  if (behaviour === 'throws') throw new Error('nobody caught this')
}

/** Never lets go, and tells the time. */
async function stuck(log: Log): Promise<void> {
  for (let ms = 0; ; ms += 100) {
    log.info({ ms }, 'still stuck')
    await sleep(100)
  }
}
