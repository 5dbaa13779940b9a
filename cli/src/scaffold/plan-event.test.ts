import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { planEvent, type EventOptions } from './plan-event.ts'
import { UsageError } from '../command.ts'
import { listFiles } from './plan.ts'

const root = join(import.meta.dirname, '../../..')
/** Nobody ever makes it: these tests run in repositories that have more types. */
const type = 'test.planned.v1'

function plan(options: Partial<EventOptions> = {}) {
  return planEvent(root, { type, fields: [], key: null, table: null, owner: null, personal: [], ...options })
}

async function problemsOf(options: Partial<EventOptions>): Promise<string> {
  const error = await plan(options).then(
    () => assert.fail('expected to be refused'),
    (error: unknown) => error
  )
  assert.ok(error instanceof UsageError, String(error))
  return error.problems.join('\n')
}

describe('a new event type', () => {
  it('is a contract, examples, types and pages, and nothing is written by planning it', async () => {
    const { files } = await plan({ fields: ['kettle_id:text:1..40', 'litres:number:0..5', 'remark:text?', 'at:time'] })
    assert.deepEqual(
      listFiles(root, { files, next: [] }).map(({ does, path, marks }) => `${does} ${path} ${marks}`),
      [
        `create schemas/${type}.json 7`,
        `create schemas/examples/${type}/valid-example.json 2`,
        `create schemas/examples/${type}/invalid-without-key.json 1`,
        'change packages/contracts/src/generated/event-data.ts 0',
        'change docs/contracts/README.md 0',
        `create docs/contracts/${type}.md 0`
      ]
    )
    assert.ok(!existsSync(join(root, `schemas/${type}.json`)))
    const schema = JSON.parse(files.get(`schemas/${type}.json`) ?? '') as Record<string, Record<string, unknown>>
    assert.deepEqual(schema['required'], ['kettle_id', 'litres', 'remark', 'at'])
    assert.equal(schema['x-contract']?.['key'], '/kettle_id')
    assert.deepEqual(schema['properties']?.['remark'], {
      type: ['string', 'null'],
      minLength: 1,
      maxLength: 200,
      description: 'TODO: what it is, and its bounds: 1 to 200 is a guess.'
    })
  })

  it('takes key, table, owner and classes of personal data', async () => {
    const { files } = await plan({
      fields: ['litres:number:0..5', 'email:text:3..254'],
      key: 'kitchen',
      table: 'kettles',
      owner: 'kitchen-team',
      personal: ['email=contact']
    })
    const schema = JSON.parse(files.get(`schemas/${type}.json`) ?? '') as Record<string, unknown>
    assert.deepEqual(schema['x-contract'], {
      owner: 'kitchen-team',
      version: '1.0',
      key: '/kitchen',
      table: 'kettles',
      window: { past: 'P7D', future: 'PT5M' },
      pii: { '/email': 'contact' }
    })
  })

  it('is refused with everything that is wrong with it', async () => {
    assert.match(await problemsOf({ type: 'Kettle' }), /expected a name such as balloon\.observed\.v1 .*found "Kettle"/)
    assert.match(
      await problemsOf({ type: 'weather.observed.v1' }),
      /schemas\/weather\.observed\.v1\.json is there already: .*weather\.observed\.v2/
    )
    const problems = await problemsOf({ fields: ['litres', 'at:time:0..1', 'n:integer:9..1', 'a:text', 'a:text'] })
    assert.match(problems, /expected name:type, .*found "litres"/)
    assert.match(problems, /expected no bounds for a time; found "at:time:0\.\.1"/)
    assert.match(problems, /expected bounds in order, .*found "n:integer:9\.\.1"/)
    assert.match(problems, /expected each name once; found a twice/)
    assert.match(await problemsOf({ fields: ['n:number'], key: 'n' }), /--key: expected a text .*found n/)
  })

  it('is refused where our own rules for contracts refuse it', async () => {
    const problems = await problemsOf({ fields: ['email:text'], table: 'Kettles' })
    assert.match(problems, /x-contract\/pii: expected a class for \/email, whose name sounds personal/)
    assert.match(problems, /x-contract\/table: expected lower-case letters/)
    assert.match(await problemsOf({ table: 'weather_observed_v1' }), /expected a table of its own/)
  })
})
