import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { assertReadmeSettings, runForTest } from '@sluice/service/testing'
import { freePort, waitFor } from '@sluice/testkit'
import { settings } from './config.ts'
import { service } from './service.ts'
import { pageDir } from './src/page-files.ts'
import type { Snapshot } from './src/wire/live.ts'

describe('the console', () => {
  it('has its settings in the README', () => assertReadmeSettings(import.meta.dirname, settings))

  it('keeps running with everything away, serves its page, and says what is missing', async () => {
    const [port, nothing] = [await freePort(), await freePort()]
    const work = mkdtempSync(join(tmpdir(), 'sluice-console-'))
    const env = {
      HTTP_PORT: String(port),
      WORK_DIR: work,
      KAFKA_BROKERS: `127.0.0.1:${nothing}`,
      REDIS_URL: `redis://127.0.0.1:${nothing}`,
      S3_ENDPOINT: `http://127.0.0.1:${nothing}`,
      SERVICES: `collector=127.0.0.1:${nothing}`
    }
    try {
      await using running = await runForTest(service, env)
      const url = `http://127.0.0.1:${port}`
      await waitFor('it is ready', async () => (await running.readyz()).ready, { timeoutMs: 20_000 })
      const whyRedis = (found: Snapshot) => found.boxes.find(({ name }) => name === 'redis')?.why ?? ''
      // It says something at once, and what is wrong when it has tried.
      const tried = async () => {
        const found = await firstState(url)
        return found && /ECONNREFUSED/.test(whyRedis(found)) && found
      }
      const snapshot = await waitFor('a state in which all were tried', tried, { timeoutMs: 20_000 })
      assert.deepEqual(
        snapshot.boxes.map(({ name, state }) => [name, state]),
        [
          ['collector', 'waiting'],
          ['kafka', 'waiting'],
          ['redis', 'waiting'],
          ['s3', 'waiting']
        ]
      )
      for (const path of ['/', '/dead-letters', '/contracts/flight.landed.v1']) {
        const page = await fetch(url + path)
        assert.equal(page.status, 200)
        assert.match(await page.text(), /<div id="app">/)
      }
      for (const path of [
        '/api/flights',
        '/api/dead-letters',
        '/api/contracts',
        '/api/storage',
        '/readme/console.md',
        '/schemas/flight.landed.v1.json'
      ]) {
        assert.equal((await fetch(url + path)).status, 200, path)
      }
      assert.equal((await fetch(`${url}/schemas/..%2f..%2fpackage.json`)).status, 404)
      assert.equal(await running.stop(), 0)
    } finally {
      rmSync(work, { recursive: true, force: true })
    }
  })

  it('has a page of less than 150 kB, and nothing of it comes from elsewhere', () => {
    const files = globSync('{index.html,theme.js,favicon.svg,assets/*.{js,css,woff2}}', { cwd: pageDir })
    const bytes = files.map((file) => gzipSync(readFileSync(join(pageDir, file))).length)
    const sum = bytes.reduce((a, b) => a + b, 0)
    assert.ok(files.length >= 6 && sum < 150_000, `${sum} bytes in ${files.join(', ')}`)
    const text = readFileSync(join(pageDir, 'index.html'), 'utf8')
    assert.deepEqual(text.match(/(?:src|href)="(?!\/)[^"]*"/g), null)
  })

  it('refuses services that are not name=host:port', async () => {
    const { ended } = await runForTest(service, { SERVICES: 'collector,enricher=x' })
    assert.equal(await ended, 78)
  })
})

/** The first state of the stream. */
async function firstState(url: string): Promise<Snapshot | undefined> {
  const stop = new AbortController()
  const answer = await fetch(`${url}/events`, { signal: stop.signal })
  try {
    let text = ''
    for await (const chunk of answer.body!) {
      text += Buffer.from(chunk as Uint8Array).toString()
      const state = /^event: state\ndata: (.*)\n\n/m.exec(text)?.[1]
      if (state !== undefined) return JSON.parse(state) as Snapshot
    }
  } finally {
    stop.abort()
  }
  return undefined
}
