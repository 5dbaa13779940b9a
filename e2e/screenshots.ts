// Makes docs/images/ from a real run: node e2e/screenshots.ts [folder] [seconds until the first] [whole]
// `whole`: pages to their end, for looking.
// Every page, light and dark, wide and narrow; the overview with a service killed, and with the console gone.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPlatform, type Platform } from '@sluice/cli'
import { openChromium, type Browser, type Page } from '@sluice/testkit'

const out = resolve(process.argv[2] ?? join(import.meta.dirname, '../docs/images'))
/** A winter week with storms, bad weather reports and afternoons full of flights; 20 simulated minutes a second. */
const producer = { FROM: '2013-02-10', TO: '2013-03-10', SPEED: '1200' }
/** Read at every start of the process. */
const weather: Record<string, string> = { ...producer }
const warmUpMs = Number(process.argv[3] ?? 240) * 1_000
const isWhole = process.argv[4] === 'whole'
const settleMs = 4_000

async function main(): Promise<void> {
  mkdirSync(out, { recursive: true })
  const dir = mkdtempSync(join(tmpdir(), 'sluice-images-'))
  const browser = await openChromium((line) => console.log(line))
  const platform = await startPlatform({
    dataDir: dir,
    ports: 'free',
    env: {
      'flight-producer': producer,
      'weather-producer': weather,
      'batch-loader': { FLUSH_MS: '20000' },
      console: { FLUSH_MS: '20000' }
    }
  })
  try {
    const base = `http://${platform.address('console', 3000)}`
    console.log(`running at ${base}; pictures in ${warmUpMs / 1000} s`)
    await sendTwice(platform)
    await sleep(warmUpMs)
    for (const dark of [false, true]) for (const width of [1600, 360]) await everyPage(browser, base, width, dark)
    if (isWhole) await withKeyboard(browser, base)
    await withServiceRefused(browser, platform, base)
    await withServiceKilled(browser, platform, base)
    await withConsoleGone(browser, platform, base)
  } finally {
    await browser.close()
    await platform.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

async function everyPage(browser: Browser, base: string, width: number, dark: boolean): Promise<void> {
  const page = await open(browser, width, dark)
  const json = async (path: string) => (await (await fetch(base + path)).json()) as Record<string, never>
  const { letters } = (await json('/api/dead-letters')) as unknown as { letters: { at: string }[] }
  const { query } = (await json('/api/random')) as unknown as { query: string }
  const pages = {
    overview: '/',
    flights: '/flights',
    'dead-letters': `/dead-letters?at=${encodeURIComponent(letters[0]?.at ?? '')}`,
    trace: `/trace?q=${encodeURIComponent(query.replace(/:.*/, ':scheduled'))}`,
    contracts: '/contracts/flight.scheduled.v1',
    storage: '/storage/flight_landed_v1'
  }
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(base + path)
    await sleep(settleMs)
    await page.evaluate('scrollTo(0, 0)')
    await shoot(page, `${name}-${width}-${dark ? 'dark' : 'light'}`)
    if (name !== 'dead-letters' || width < 1_000 || dark) continue
    await page.evaluate("document.querySelector('.letter').scrollIntoView()")
    await page.evaluate('scrollBy(0, -110)')
    await shoot(page, 'letter-1600-light')
  }
  await page.context().close()
}

/** Where the keyboard is, and what has moved a second later. */
async function withKeyboard(browser: Browser, base: string): Promise<void> {
  for (const dark of [false, true]) {
    const page = await open(browser, 1600, dark)
    await page.goto(base)
    await sleep(settleMs)
    await page.locator('[data-box=enricher]').focus()
    await page.keyboard.press('Tab')
    for (const shot of ['a', 'b']) {
      await shoot(page, `focus-1600-${dark ? 'dark' : 'light'}-${shot}`)
      await sleep(1_000)
    }
    await page.context().close()
  }
}

async function withServiceKilled(browser: Browser, platform: Platform, base: string): Promise<void> {
  const page = await open(browser, 1600, false)
  await page.goto(base)
  await platform.process('enrichment-api').stop()
  await sleep(15_000)
  await shoot(page, 'killed-1600-light')
  if (isWhole) {
    for (const type of ['achromatopsia', 'deuteranopia'] as const) {
      const session = await page.context().newCDPSession(page)
      await session.send('Emulation.setEmulatedVisionDeficiency', { type })
      await shoot(page, `killed-1600-${type}`)
    }
  }
  await platform.process('enrichment-api').start()
  await page.context().close()
}

/** A setting that is no number: the service refuses to run, and says why. */
async function withServiceRefused(browser: Browser, platform: Platform, base: string): Promise<void> {
  const page = await open(browser, 1600, true)
  await page.goto(base)
  await platform.process('weather-producer').stop()
  weather['SPEED'] = 'quick'
  await platform.process('weather-producer').start()
  await page.waitForSelector('[data-box=weather-producer][data-state=refused]', { timeout: 60_000 })
  await sleep(settleMs)
  await shoot(page, 'refused-1600-dark')
  weather['SPEED'] = producer.SPEED
  await platform.process('weather-producer').start()
  await page.context().close()
}

async function withConsoleGone(browser: Browser, platform: Platform, base: string): Promise<void> {
  const page = await open(browser, 1600, false)
  await page.goto(base)
  await sleep(20_000)
  await platform.process('console').stop()
  await sleep(10_000)
  await shoot(page, 'cut-1600-light')
  await platform.process('console').start()
  await page.waitForSelector('.chip-live', { timeout: 60_000 })
  await sleep(settleMs)
  await page.locator('.chart').first().scrollIntoViewIfNeeded()
  await shoot(page, 'gap-1600-light')
  await page.context().close()
}

async function open(browser: Browser, width: number, dark: boolean): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height: width < 700 ? 780 : 1000 },
    colorScheme: dark ? 'dark' : 'light',
    hasTouch: width < 700,
    isMobile: width < 700
  })
  return context.newPage()
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(out, `${name}.png`), animations: 'disabled', fullPage: isWhole })
  console.log(`${name}.png`)
}

/** One event comes twice, as from a client that was not sure of its answer. */
async function sendTwice(platform: Platform): Promise<void> {
  const data = {
    flight_id: '20130301-UA-1-EWR',
    carrier: 'UA',
    flight_number: 1,
    tail_number: 'N1',
    origin: 'EWR',
    destination: 'IAH',
    scheduled_arrival: '2013-03-01T14:00:00Z',
    landed_at: '2013-03-01T14:20:00Z',
    arrival_delay_minutes: 20,
    air_time_minutes: null
  }
  const event = {
    specversion: '1.0',
    id: 'sent-twice',
    source: 'urn:sluice:demo',
    type: 'flight.landed.v1',
    time: '2013-03-01T14:20:00Z',
    data
  }
  for (let i = 0; i < 2; i++) {
    await fetch(`http://${platform.address('collector', 8080)}/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/cloudevents+json',
        authorization: `Bearer ${platform.credentials().apiKeys['demo']}`
      },
      body: JSON.stringify(event)
    })
  }
}

await main()
