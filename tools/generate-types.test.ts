import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const tool = fileURLToPath(new URL('generate-types.ts', import.meta.url))
const repositorySchemas = fileURLToPath(new URL('../schemas', import.meta.url))

describe('generate-types', () => {
  let dir: string
  let target: string
  let schemas: string

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'generate-types-'))
    schemas = join(dir, 'schemas')
    target = join(dir, 'event-data.ts')
    await cp(repositorySchemas, schemas, { recursive: true })
  })
  after(() => rm(dir, { recursive: true }))

  it('finds the committed types fresh', () => {
    const { status, stderr } = run('--check')
    assert.equal(stderr, '')
    assert.equal(status, 0)
  })

  it('names what is stale, and writes nothing, with --check', async () => {
    assert.equal(run('--schemas', schemas, '--target', target).status, 0)
    const written = await readFile(target, 'utf8')
    const file = join(schemas, 'weather.observed.v1.json')
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('visibility_miles', 'visibility_yards'))
    const { status, stderr } = run('--check', '--schemas', schemas, '--target', target)
    assert.equal(status, 1)
    assert.match(stderr, /^stale: WeatherObservedV1; /)
    assert.equal(await readFile(target, 'utf8'), written)
  })

  it('names everything where nothing was written yet', () => {
    const { status, stderr } = run('--check', '--target', join(dir, 'none.ts'))
    assert.equal(status, 1)
    assert.match(stderr, /FlightLandedV1.*EventData/)
  })
})

function run(...args: string[]) {
  return spawnSync(process.execPath, [tool, ...args], { encoding: 'utf8' })
}
