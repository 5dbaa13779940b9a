import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPlatform } from '@sluice/cli'
import { openChromium, waitFor, type Page } from '@sluice/testkit'

/** Minutes to look at the page: 2 for the course of a minute, 10 for the heap as well. Takes a machine to itself. */
const minutes = Number(process.env['SLUICE_CONSOLE_LOAD'] ?? 0)

/** 2,800 events of a simulated day in 2.8 s. */
const producer = { FROM: '2013-01-02', TO: '2014-01-01', SPEED: '31000' }

describe('the console at 1,000 events/s', { skip: minutes === 0 && 'by flag: SLUICE_CONSOLE_LOAD=2 or =10' }, () => {
  it('keeps the page quick and small, and costs less than 15 % of a core', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-load-'))
    const browser = await openChromium()
    const platform = await startPlatform({
      dataDir: dir,
      ports: 'free',
      env: { 'flight-producer': producer, 'weather-producer': producer }
    })
    try {
      const page = await browser.newPage()
      await page.addInitScript(
        'globalThis.longTasks = []; new PerformanceObserver((list) => { for (const task of list.getEntries()) longTasks.push(Math.round(task.duration)) }).observe({ type: "longtask" })'
      )
      await page.goto(`http://${platform.address('console', 3000)}/`)
      await page.waitForSelector('[data-testid=balance]')
      await sleep(60_000)
      await page.evaluate('longTasks.length = 0')
      const pid = platform.process('console').pid
      const [cpu, events, nodes] = [cpuSeconds(pid), await raw(page), await count(page)]
      await sleep(60_000)
      const figures = {
        eventsPerSecond: Math.round(((await raw(page)) - events) / 60),
        coreShare: (cpuSeconds(pid) - cpu) / 60,
        longTasksMs: await page.evaluate<number[]>('longTasks'),
        nodes: [nodes, await count(page)]
      }
      console.log(figures)
      const early = await heapBytes(page)
      if (minutes >= 10) {
        await sleep((minutes - 2) * 60_000)
        const late = await heapBytes(page)
        console.log({ heapAtMinute2: early, heapAtMinute10: late })
        assert.ok(late <= early * 1.2, `heap grew from ${early} to ${late} bytes`)
      }
      assert.ok(figures.eventsPerSecond > 500, `only ${figures.eventsPerSecond} events/s: not the load that was meant`)
      assert.deepEqual(
        figures.longTasksMs.filter((ms) => ms > 200),
        [],
        'long tasks'
      )
      assert.ok(
        figures.nodes[1]! < 3_000 && figures.nodes[1]! < figures.nodes[0]! * 1.2,
        `nodes ${figures.nodes.join(' → ')}`
      )
      assert.ok(figures.coreShare < 0.15, `${(figures.coreShare * 100).toFixed(1)} % of a core`)
    } finally {
      await browser.close()
      await platform.stop()
      rmSync(dir, { recursive: true, force: true })
    }
  })
})

async function raw(page: Page): Promise<number> {
  return waitFor(
    'the account',
    async () => {
      const text = await page.locator('[data-testid=balance] .figure-value').first().textContent()
      return Number(text?.replaceAll(',', ''))
    },
    { timeoutMs: 10_000 }
  )
}

function count(page: Page): Promise<number> {
  return page.evaluate<number>('document.querySelectorAll("*").length')
}

async function heapBytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return usedSize
}

/** User and system time of a process so far. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
