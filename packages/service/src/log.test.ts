import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLog } from './log.ts'

function linesOf(secrets: readonly string[], level = 'info') {
  const lines: string[] = []
  const log = createLog({ service: 'enricher', version: '1.2.3', level, secrets, write: (line) => lines.push(line) })
  return { log, lines }
}

describe('the log', () => {
  it('is JSON lines with level, time, service, version, fields and message', () => {
    const { log, lines } = linesOf([])
    log.info({ partition: 3 }, 'acquired')
    const { time, ...line } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
    assert.deepEqual(line, { level: 'info', service: 'enricher', version: '1.2.3', partition: 3, msg: 'acquired' })
    assert.equal(new Date(String(time)).toISOString(), time)
    assert.ok(lines[0]?.endsWith('\n'))
  })

  it('holds nothing below its level', () => {
    const { log, lines } = linesOf([], 'warn')
    log.info({}, 'no')
    log.warn({}, 'yes')
    assert.equal(lines.length, 1)
  })

  it('never holds a secret, wherever it comes from', () => {
    const secret = 'pass"word/7&'
    const { log, lines } = linesOf([secret])
    log.error({ err: new Error(`cannot log in with ${secret}`) }, `tried ${secret}`)
    log.info({ url: `redis://u:${encodeURIComponent(secret)}@h`, nested: { list: [secret] } }, 'connecting')
    log.info({ password: 'other', request: { authorization: 'Bearer x.y' }, apiKey: 'k' }, 'fields named like secrets')
    for (const line of lines) {
      assert.doesNotMatch(line, /pass\\*"word|pass%22word|other|Bearer|"k"/)
      assert.match(line, /\[hidden\]/)
      JSON.parse(line)
    }
  })
})
