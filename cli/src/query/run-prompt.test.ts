import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, describe, it } from 'node:test'
import { openLakeReader, openObjectStore } from '@sluice/lake'
import { sharedBacking, uniqueName, waitFor } from '@sluice/testkit'
import { silentLog } from '../json-log.ts'
import { runPrompt } from './run-prompt.ts'

const dir = mkdtempSync(join(tmpdir(), 'sluice-prompt-'))
after(() => rmSync(dir, { recursive: true, force: true }))
const historyFile = join(dir, 'history')

/** A prompt over a lake without tables. */
async function openPrompt(isTTY: boolean) {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = (await sharedBacking()).s3.settings
  const credentials = { accessKeyId, secretAccessKey }
  const store = openObjectStore({ endpoint, region, bucket, forcePathStyle: true, credentials })
  const reader = openLakeReader({
    store,
    prefix: uniqueName('bronze'),
    workDir: dir,
    log: silentLog,
    now: Date.now,
    keepFiles: true
  })
  const input = Object.assign(new PassThrough(), { isTTY })
  const output = new PassThrough()
  let shown = ''
  output.on('data', (chunk) => (shown += chunk))
  const stop = new AbortController().signal
  const code = runPrompt({ reader, format: 'csv', input, output, historyFile, stop })
  return {
    type: (text: string) => void input.write(text),
    end: () => void input.end(),
    shown: () => shown,
    shows: (text: string) =>
      waitFor(JSON.stringify(text), () => shown.includes(text), { timeoutMs: 30_000 }).catch(() => assert.fail(shown)),
    code,
    async [Symbol.asyncDispose]() {
      await reader[Symbol.asyncDispose]()
      store.close()
    }
  }
}

describe('the prompt of sluice query', () => {
  it('answers queries of one line and of several, goes on after a mistake, and tells it by its exit code', async () => {
    await using prompt = await openPrompt(false)
    prompt.type(
      "SELECT 1 AS one;\n\nSELECT\n  'x;y' AS two\n;\n.tables\n.schema nothing\nSELECT 1 + ;\nSELECT 3 AS three"
    )
    prompt.end()
    assert.equal(await prompt.code, 1)
    assert.match(
      prompt.shown(),
      /^one\r\n1\r\ntwo\r\nx;y\r\ntable {2}rows\n.*\n\(0 rows\)\nthere is no table nothing; there are none\nParser Error.*three\r\n3\r\n$/s
    )
  })

  it('shows at a terminal what it waits for, remembers what was typed, and ends on .quit', async () => {
    await using prompt = await openPrompt(true)
    await prompt.shows('0 tables; .help tells what to type\n')
    await prompt.shows('lake> ')
    prompt.type('SELECT 40 +\r')
    await prompt.shows('   -> ')
    prompt.type('2 AS answer;\r')
    await prompt.shows('answer\r\n42\r\n')
    prompt.type('.schema\r')
    await prompt.shows('expected .tables, .schema TABLE, .help or .quit, found .schema')
    prompt.type('.quit\r')
    assert.equal(await prompt.code, 0)
    assert.equal(readFileSync(historyFile, 'utf8'), '.quit\n.schema\n2 AS answer;\nSELECT 40 +\n')

    await using again = await openPrompt(true)
    await again.shows('lake> ')
    // Up four times, and the rest of the line.
    again.type('\u001b[A\u001b[A\u001b[A\u001b[A 4;\r')
    await again.shows('44\r\n')
    again.end()
    assert.equal(await again.code, 0)
  })

  it('stops a query that runs on Ctrl-C, and forgets one that is being typed', async () => {
    await using prompt = await openPrompt(true)
    await prompt.shows('lake> ')
    prompt.type('SELECT nonsense\r')
    await prompt.shows('   -> ')
    prompt.type('\u0003')
    prompt.type('SELECT count(*) FROM range(1000000000) AS a, range(1000000000) AS b WHERE a.range = b.range * 2;\r')
    await waitFor('the query to run', () => prompt.shown().includes('b.range * 2'), { timeoutMs: 30_000 })
    prompt.type('\u0003')
    await prompt.shows('stopped\n')
    prompt.type('SELECT 7 AS seven;\r')
    await prompt.shows('seven\r\n7\r\n')
    prompt.end()
    assert.equal(await prompt.code, 0)
  })
})
