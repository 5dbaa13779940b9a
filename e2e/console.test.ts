import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { startPlatform, type Platform } from '@sluice/cli'
import { openChromium, waitFor, type Browser, type Page } from '@sluice/testkit'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const pages = [
  '/',
  '/flights',
  '/dead-letters',
  '/trace',
  '/contracts',
  '/contracts/flight.scheduled.v1',
  '/storage',
  '/storage/flight_landed_v1'
]

/** The week whose weather has a wind of 1,048 mph; a day takes 24 s. */
const producer = { FROM: '2013-02-10', TO: '2013-03-01', SPEED: '3600' }

describe('the console beside the running platform', () => {
  let dir: string
  let platform: Platform
  let browser: Browser
  let base: string
  /** Read at every start of the process. */
  const weather: Record<string, string> = { ...producer }

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), 'sluice-console-'))
    const opening = openChromium()
    platform = await startPlatform({
      dataDir: dir,
      ports: 'free',
      env: {
        'flight-producer': producer,
        'weather-producer': weather,
        'batch-loader': { FLUSH_MS: '2000' },
        console: { FLUSH_MS: '2000' }
      }
    })
    browser = await opening
    base = `http://${platform.address('console', 3000)}`
  })
  after(async () => {
    await browser?.close()
    await platform?.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  async function look(
    path: string,
    options: { width?: number; dark?: boolean } = {}
  ): Promise<{ page: Page; errors: string[] }> {
    const { width = 1600, dark = false } = options
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: dark ? 'dark' : 'light' })
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', ({ message }) => errors.push(message))
    page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())))
    await page.goto(base + path)
    await page.waitForSelector('[data-testid=sentence]')
    return { page, errors }
  }

  it('shows every account balanced and every figure moving', async () => {
    const { page, errors } = await look('/')
    const terms = async (): Promise<number[]> =>
      (await page.locator('[data-testid=balance] .figure-value').allTextContents()).map((text) =>
        Number(text.replaceAll(',', ''))
      )
    const first = await waitFor(
      'events',
      async () => (await terms()).length === 6 && (await terms())[0]! > 100 && terms(),
      { timeoutMs: 30_000 }
    )
    await waitFor('more events', async () => (await terms())[0]! > first[0]!, { timeoutMs: 10_000 })
    const [raw, enriched, dead, repeats, inFlight, left] = await waitFor(
      'a balanced account',
      async () => {
        const now = await terms()
        return now[5] === 0 && now
      },
      { timeoutMs: 20_000 }
    )
    assert.equal(raw, enriched! + dead! + repeats! + inFlight!)
    assert.equal(left, 0)
    assert.deepEqual(errors, [])
    await page.context().close()
  })

  it('traces an event that was just accepted to Redis and to the file in the lake', async () => {
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
    const { answer } = await send('flight.landed.v1', data)
    const { page, errors } = await look('/trace')
    await page.fill('#trace-query', answer)
    await page.press('#trace-query', 'Enter')
    await page.waitForSelector('[data-hop=batch-loader][data-state=done]', { timeout: 30_000 })
    const states = await page
      .locator('[data-hop]')
      .evaluateAll((hops) => hops.map((hop) => `${hop.getAttribute('data-hop')} ${hop.getAttribute('data-state')}`))
    assert.deepEqual(states, [
      'collector done',
      'events.raw done',
      'enricher done',
      'events.enriched done',
      'realtime-loader done',
      'batch-loader done'
    ])
    const text = await page.locator('.hops').textContent()
    assert.match(text ?? '', /sluice:flight:20130301-UA-1-EWR/)
    assert.match(text ?? '', /version\s*\d+/)
    assert.match(text ?? '', /bronze\/flight_landed_v1\/event_date=2013-03-01\/[^/]+\.parquet/)
    assert.match((await page.getByTestId('verdict').textContent()) ?? '', /queryable in the lake after/)
    assert.deepEqual(errors, [])
    await page.context().close()
  })

  it('shows a dead letter with what was found and expected, in its bytes, and traces it', async () => {
    const data = {
      station: 'LGA',
      observed_hour: '2013-03-01T12:00:00Z',
      temperature_f: 40,
      dew_point_f: 30,
      humidity_percent: 70,
      wind_direction_degrees: 0,
      wind_speed_mph: 9999.5,
      wind_gust_mph: null,
      precipitation_inches: 0,
      pressure_millibars: 1000,
      visibility_miles: 10
    }
    const { id } = await send('weather.observed.v1', data)
    const { page, errors } = await look('/dead-letters')
    const row = page.locator(`[data-letter]:has([title="${id}"])`)
    await row.waitFor({ timeout: 30_000 })
    await row.click()
    const finding = page.getByTestId('finding')
    await finding.waitFor()
    assert.equal(await finding.textContent(), 'found 9999.5, expected at most 250')
    assert.equal(await page.locator('.line-bad mark').textContent(), '9999.5')
    await page.click('text=pretty')
    await page.locator('.bytes .rule').waitFor()
    assert.match((await page.locator('.bytes .rule').textContent()) ?? '', /\n    "wind_speed_mph": 9999\.5,\n/)
    const at = new URL(page.url()).searchParams.get('at')!
    const sent = await (await fetch(`${base}/api/dead-letter/sent?at=${encodeURIComponent(at)}`)).text()
    assert.deepEqual(JSON.parse(sent).data, data)
    const mended = sent.replace(id, `${id}-mended`).replace('9999.5', '10')
    assert.equal((await post(mended)).status, 202, 'a letter that was saved, mended and given a new id is accepted')
    await page.goto(`${base}/trace?q=${encodeURIComponent(at)}`)
    const verdict = page.getByTestId('verdict')
    await verdict.waitFor()
    assert.match((await verdict.textContent()) ?? '', /Refused by the enricher.*wind_speed_mph/)
    await page.locator('[data-hop="events.enriched"][data-state=never]').waitFor()
    assert.deepEqual(errors, [])
    await page.context().close()
  })

  it('says the same on the command line', async () => {
    const { query } = (await (await fetch(`${base}/api/random`)).json()) as { query: string }
    const { stdout } = await promisify(execFile)(process.execPath, ['cli/main.ts', 'trace', query, '--console', base])
    assert.ok(stdout.startsWith(query), stdout)
    assert.match(stdout, /place events\.raw\/\d@\d+/)
    assert.match(stdout, /place events\.enriched\/\d@\d+/)
  })

  it('shows a killed service red with its reason, what waits for it calm, and green again', async () => {
    const { page, errors } = await look('/')
    const box = page.locator('[data-box=enrichment-api]')
    const stateIs = (state: string) =>
      waitFor(`enrichment-api is ${state}`, async () => (await box.getAttribute('data-state')) === state, {
        timeoutMs: 20_000
      })
    await waitFor('it is up', async () => ['ready', 'idle'].includes((await box.getAttribute('data-state')) ?? ''), {
      timeoutMs: 20_000
    })
    await platform.process('enrichment-api').stop()
    await stateIs('down')
    assert.match((await page.getByTestId('sentence').textContent()) ?? '', /enrichment-api is down/)
    assert.match(
      (await page.locator('.trouble').first().textContent()) ?? '',
      /no answer for \d+ s: connection refused/
    )
    const enricher = page.locator('[data-box=enricher]')
    await waitFor('the enricher waits', async () => (await enricher.getAttribute('data-state')) === 'waiting', {
      timeoutMs: 20_000
    })
    const red = await page
      .locator('.b-down, .b-refused')
      .evaluateAll((boxes) => boxes.map((one) => one.getAttribute('data-box')))
    assert.deepEqual(red, ['enrichment-api'])
    await platform.process('enrichment-api').start()
    await waitFor(
      'it is green again',
      async () => ['ready', 'idle'].includes((await box.getAttribute('data-state')) ?? ''),
      { timeoutMs: 30_000 }
    )
    assert.deepEqual(errors, [])
    await page.context().close()
  })

  it('tells a service that refused to run from one that is down, in its own words', async () => {
    const { page, errors } = await look('/')
    const box = page.locator('[data-box=weather-producer]')
    const stateIs = (...states: string[]) =>
      waitFor(
        `weather-producer is ${states[0]}`,
        async () => states.includes((await box.getAttribute('data-state')) ?? ''),
        {
          timeoutMs: 30_000
        }
      )
    await stateIs('ready', 'idle')
    await platform.process('weather-producer').stop()
    weather['SPEED'] = 'quick'
    await platform.process('weather-producer').start()
    await stateIs('refused')
    assert.match((await page.getByTestId('sentence').textContent()) ?? '', /weather-producer refused to run/)
    assert.match((await page.locator('.trouble').first().textContent()) ?? '', /SPEED.*"quick".*It will not retry/)
    weather['SPEED'] = producer.SPEED
    await platform.process('weather-producer').start()
    await stateIs('ready', 'idle')
    assert.deepEqual(errors, [])
    await page.context().close()
  })

  it('is legible, reachable and free of errors: every page, wide and narrow, light and dark', async () => {
    const problems: string[] = []
    for (const options of [
      { width: 1600, dark: false },
      { width: 360, dark: true }
    ]) {
      const { page, errors } = await look('/', options)
      for (const path of pages) {
        await page.goto(base + path)
        await page.waitForSelector('main .panel')
        await page.waitForSelector('table, .empty')
        const sideways = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth'
        )
        if (Number(sideways) > 0)
          problems.push(`${path} at ${options.width} px scrolls sideways by ${String(sideways)} px`)
        // Narrow pages are the same elements: there two of them are enough.
        if (options.width < 1000 && path !== '/' && path !== '/dead-letters') continue
        await page.evaluate(axe)
        const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
          "axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })"
        )
        for (const { id, nodes } of found.violations)
          problems.push(`${path} at ${options.width} px: ${id}: ${nodes[0]?.html.slice(0, 160)}`)
      }
      problems.push(...errors)
      await page.context().close()
    }
    assert.deepEqual(problems, [])
  })

  it('looks old when the console is gone, and comes back by itself', async () => {
    const { page } = await look('/')
    await page.waitForSelector('.chip-live')
    await platform.process('console').stop()
    await page.waitForSelector('.aged', { timeout: 15_000 })
    assert.match((await page.getByTestId('live').textContent()) ?? '', /Reconnecting, last update/)
    assert.equal(await page.locator('.shape.s-ready').count(), 0)
    await platform.process('console').start()
    await page.waitForSelector('.chip-live', { timeout: 30_000 })
    await page.context().close()
  })

  function post(body: string): Promise<Response> {
    return fetch(`http://${platform.address('collector', 8080)}/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/cloudevents+json',
        authorization: `Bearer ${platform.credentials().apiKeys['demo']}`
      },
      body
    })
  }

  async function send(type: string, data: object): Promise<{ id: string; answer: string }> {
    const id = `console-test-${type}`
    const event = { specversion: '1.0', id, source: 'urn:sluice:demo', type, time: '2013-03-01T15:00:00Z', data }
    const answer = await post(JSON.stringify(event))
    const text = await answer.text()
    assert.equal(answer.status, 202, text)
    return { id, answer: text }
  }
})
