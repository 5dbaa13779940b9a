import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { join } from 'node:path'
import { loadContracts } from '@sluice/contracts'
import { header, type KafkaRecord } from '@sluice/events'
import { createDeadLetters, ruleOf } from './dead-letters.ts'
import { describeLetter } from './letter-detail.ts'

function letter(value: Buffer | string, reason: string, pointer: string, message: string): KafkaRecord {
  const headers = { [header.dlqReason]: reason, [header.dlqPointer]: pointer, [header.dlqMessage]: message }
  return {
    topic: 'events.dlq',
    partition: 3,
    offset: 12n,
    timestampMs: 60_000_000,
    key: null,
    value: Buffer.from(value),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]))
  }
}

const event =
  '{"id":"x","type":"weather.observed.v1","sourceid":"s","data":{"big": 9007199254740993123, "wind_speed_mph": 1048}}'
const wind = letter(
  event,
  'contract',
  '/data/wind_speed_mph',
  '/data/wind_speed_mph: expected a number <= 250, found another'
)

describe('dead letters', async () => {
  const contracts = await loadContracts(join(import.meta.dirname, '../../../schemas'))
  const describeIt = (record: KafkaRecord) => describeLetter(record, contracts, null)

  it('are grouped by rule and field, and counted by minute', () => {
    const letters = createDeadLetters(() => 60_030_000)
    letters.add(wind)
    letters.add(wind)
    letters.add(letter(event, 'contract', '/data/station', '/data/station: expected a value, found none'))
    const page = letters.page({ group: null, limit: 10 })
    assert.deepEqual(
      page.groups.map(({ pointer, rule, count }) => [pointer, rule, count]),
      [
        ['/data/wind_speed_mph', 'at most 250', 2],
        ['/data/station', 'a value', 1]
      ]
    )
    assert.equal(page.byReason[0]?.spark.at(-1), 3)
    assert.equal(letters.page({ group: page.groups[1]!.key, limit: 10 }).letters.length, 1)
  })
  it('show the offending value in the bytes as they were sent, with what was found and expected', () => {
    const { text, finding, rule, ruleKeyword } = describeIt(wind)
    assert.equal(text, event)
    assert.ok(text?.includes('9007199254740993123'))
    assert.equal(text?.slice(finding.from, finding.to), '1048')
    assert.equal(finding.note, 'found 1048, expected at most 250')
    assert.match(rule ?? '', /"maximum": 250/)
    assert.equal(ruleKeyword, 'maximum')
  })
  it('name a missing field inside its parent', () => {
    const { finding } = describeIt(
      letter(event, 'contract', '/data/station', '/data/station: expected a value, found none')
    )
    assert.equal(finding.kind, 'missing')
    assert.match(finding.note, /missing: "station"/)
  })
  it('show where a text stops being JSON, and where bytes stop being text', () => {
    const broken = describeIt(letter('{"id": "x", oops}', 'parse', '', 'invalid_json: …'))
    assert.deepEqual([broken.finding.kind, broken.finding.from], ['not json', 12])
    const bytes = Buffer.concat([Buffer.from('{"id":"Zürich'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])
    const binary = describeIt(letter(bytes, 'parse', '', 'invalid_utf8: …'))
    assert.deepEqual([binary.finding.kind, binary.finding.from, binary.text], ['not utf-8', 14, null])
    assert.match(binary.hex?.join('\n') ?? '', /ff fe/)
  })
  it('are told in words', () => {
    assert.equal(ruleOf('/data/x: expected text that matches ^N$, found other text'), 'text that matches ^N$')
    assert.equal(ruleOf('something else'), 'something else')
  })
})
