import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import schema from '@asyncapi/specs/schemas/3.1.0.json' with { type: 'json' }
import { loadContracts } from '@sluice/contracts'
import { bronzeTables } from '@sluice/lake'
import { Ajv } from 'ajv'
import { parse, parseAllDocuments } from 'yaml'
import { exportContracts, joinFiles, staleFiles, writeFiles } from './export-contracts.ts'

const root = join(import.meta.dirname, '../../..')
const contracts = await loadContracts(join(root, 'schemas'))
const dir = mkdtempSync(join(tmpdir(), 'sluice-export-'))
after(() => rmSync(dir, { recursive: true, force: true }))

/** The schema of AsyncAPI 3.1 by those who write it. */
function asyncapiValidator() {
  // It brings the meta-schema of draft 7 along.
  return new Ajv({ meta: false, validateSchema: false, strict: false, validateFormats: false }).compile(schema)
}

describe('contracts as AsyncAPI', () => {
  it('hold to the schema of AsyncAPI 3.1, which refuses them when they are bent', async () => {
    const text = joinFiles(await exportContracts('asyncapi', contracts, root))
    const validate = asyncapiValidator()
    assert.ok(validate(parse(text)), JSON.stringify(validate.errors?.slice(0, 3)))
    for (const bent of [
      text.replace('partitions: 6', 'partitions: six'),
      text.replace('action: send', 'action: shout')
    ])
      assert.equal(validate(parse(bent)), false)
  })

  it('describe events that their own examples hold to, and every topic as topics.yaml has it', async () => {
    const { channels, components } = parse(joinFiles(await exportContracts('asyncapi', contracts, root)))
    const ajv = new Ajv({ strict: false, validateFormats: false })
    ajv.addSchema({ $id: 'doc', components })
    const names = Object.keys(components.messages).filter((name) => components.messages[name].examples)
    assert.deepEqual(
      names,
      contracts.all.map(({ type }) => type)
    )
    for (const name of names) {
      const validate = ajv.compile({ $ref: `doc#/components/messages/${name}/payload` })
      const { payload } = components.messages[name].examples[0]
      const surplus = { ...payload, data: { ...payload.data, surplus: 1 } }
      assert.ok(validate(payload), JSON.stringify(validate.errors))
      assert.equal(validate(surplus), false)
    }
    for (const { name, partitions } of [contracts.topics.raw, contracts.topics.enriched, contracts.topics.dlq]) {
      const channel = Object.values(channels).find((one) => (one as { address: string }).address === name)
      assert.equal((channel as { bindings: { kafka: { partitions: number } } }).bindings.kafka.partitions, partitions)
    }
  })
})

describe('contracts as ODCS', () => {
  it('have the columns that the tables have', async () => {
    const text = joinFiles(await exportContracts('odcs', contracts, root))
    const found = parseAllDocuments(text).map((document) => {
      const [{ name, properties }] = document.toJS().schema
      return [
        name,
        properties.map((property: { name: string; required: boolean }) => [property.name, property.required])
      ]
    })
    const tables = bronzeTables(contracts).filter(({ name }) => name !== 'dead_letters')
    assert.deepEqual(
      found,
      tables.map(({ name, columns }) => [name, columns.map((column) => [column.name, !column.nullable])])
    )
  })
})

describe('contracts as pages and types', () => {
  it('are fresh in this repository', async () => {
    assert.deepEqual(
      await staleFiles(await exportContracts('markdown', contracts, root), join(root, 'docs/contracts')),
      []
    )
    const types = await exportContracts('typescript', contracts, root)
    assert.deepEqual(await staleFiles(types, join(root, 'packages/contracts/src/generated')), [])
  })

  it('name what is stale: changed, missing, and of a contract that is gone', async () => {
    const files = await exportContracts('markdown', contracts, root)
    await writeFiles(files, dir)
    assert.deepEqual(await staleFiles(files, dir), [])
    writeFileSync(join(dir, 'README.md'), `${readFileSync(join(dir, 'README.md'), 'utf8')}\n`)
    rmSync(join(dir, 'flight.landed.v1.md'))
    writeFileSync(join(dir, 'flight.lost.v1.md'), '')
    assert.deepEqual(await staleFiles(files, dir), ['README.md', 'flight.landed.v1.md', 'flight.lost.v1.md'])
  })

  it('tell every field, those inside of objects and lists too', async () => {
    const files = await exportContracts('markdown', contracts, root)
    const page = files.get('flight.scheduled.v1.md')!
    for (const column of contracts.byType('flight.scheduled.v1')!.columns)
      if (column.name !== 'enrichment') assert.match(page, new RegExp(`\\| \`${column.name}\` \\|`))
    assert.match(page, /\| `aircraft\.seats` \| integer \| ≥ 20, ≤ 600 \| always, or null \|/)
  })
})
