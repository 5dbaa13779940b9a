import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { loadContracts } from '@sluice/contracts'
import { findBaseline } from './find-baseline.ts'

const root = join(import.meta.dirname, '../../..')

// Tests change what they like.
// oxlint-disable-next-line typescript/no-explicit-any
type Schema = any

/** A repository with the contracts of this one and a service that reads of them, in one commit. */
function makeRepository() {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-contracts-'))
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], {
      cwd: dir,
      stdio: 'pipe'
    })
  cpSync(join(root, 'schemas'), join(dir, 'schemas'), { recursive: true })
  mkdirSync(join(dir, 'services/board'), { recursive: true })
  writeFileSync(
    join(dir, 'services/board/reads.ts'),
    "export const declareReads = () => ({ 'flight.landed.v1': ['/landed_at'], 'weather.observed.v1': ['/wind_speed_mph'] })\n"
  )
  git('init', '-q', '-b', 'main')
  const commit = () => {
    git('add', '.')
    git('commit', '-q', '-m', 'contracts', '--allow-empty')
  }
  commit()
  return {
    dir,
    git,
    commit,
    change(type: string, change: (schema: Schema) => void, version?: string) {
      const file = join(dir, `schemas/${type}.json`)
      const schema = JSON.parse(readFileSync(file, 'utf8'))
      change(schema)
      if (version !== undefined) {
        schema['x-contract'].version = version
        schema.$id = schema.$id.replace(/[^:]*$/, version)
      }
      writeFileSync(file, JSON.stringify(schema))
    },
    remove: (path: string) => rmSync(join(dir, path), { recursive: true }),
    check(...args: string[]) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(root, 'cli/main.ts'), 'contracts', 'check', '--root', dir, ...args],
        { encoding: 'utf8' }
      )
      return { status, stdout, stderr }
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true })
  }
}

describe('sluice contracts check', () => {
  it('shows what changed, whether it may, and who reads it', () => {
    using repository = makeRepository()
    const gate = (schema: Schema) => (schema.properties.gate = { type: 'string', maxLength: 4 })
    repository.change('flight.landed.v1', gate)
    repository.change('weather.observed.v1', (schema) => (schema.properties.wind_speed_mph.maximum = 200), '1.1')
    repository.remove('schemas/flight.diverted.v1.json')
    const { status, stdout } = repository.check('--against', 'HEAD')
    assert.equal(status, 1)
    assert.match(stdout, /^\d+ contracts against HEAD \(as asked, [0-9a-f]{10}\): 3 changed\n/)
    assert.match(stdout, /flight\.diverted\.v1 {2}1\.0, gone {2}NOT COMPATIBLE\n/)
    assert.match(
      stdout,
      /flight\.landed\.v1 {2}1\.0 {2}compatible, but its version does not say so\n {2}\/gate: a new optional field; .*\n {4}valid for the new one only: \{.*"gate":""\}\n {4}read by: no service\n {2}needed: x-contract.version 1\.1 \(and \$id\), found 1\.0\n/
    )
    assert.match(
      stdout,
      /weather\.observed\.v1 {2}1\.0 → 1\.1 {2}NOT COMPATIBLE\n {2}was valid and is refused now: \/data\/wind_speed_mph: expected a number <= 200, found another\n {4}valid for the old one only: \{"station":"EWR",.*"wind_speed_mph":250,.*\n {4}read by: board\n {2}needed: this contract as it was; the change in schemas\/weather\.observed\.v2\.json, with a table of its own\n/
    )
  })

  it('is content with a minor version, also as JSON', () => {
    using repository = makeRepository()
    repository.change(
      'flight.landed.v1',
      (schema) => (schema.properties.gate = { type: 'string', maxLength: 4 }),
      '1.1'
    )
    const { status, stdout, stderr } = repository.check('--against', 'main', '--json')
    assert.equal(status, 0)
    assert.equal(stderr, '')
    const { ok, contracts } = JSON.parse(stdout)
    assert.equal(ok, true)
    assert.deepEqual(
      contracts.map(({ type, from, to, needed, isStepMade }: Schema) => [type, from, to, needed, isStepMade]),
      [['flight.landed.v1', '1.0', '1.1', 'minor', true]]
    )
    assert.deepEqual(contracts[0].findings[0].counterExample.data.gate, '')
  })
})

describe('sluice contracts check without another revision', () => {
  it('says on stderr that nothing was compared, and how to name a baseline', () => {
    using repository = makeRepository()
    const warned = (...args: string[]) => {
      const { status, stdout, stderr } = repository.check(...args)
      assert.equal(status, 0, stderr)
      assert.match(stderr, /^NOT COMPARED: none of the \d+ contracts was held against an earlier revision/)
      assert.match(
        stderr,
        /contracts check --against REVISION \(in a shallow clone after git fetch --unshallow --tags\)/
      )
      return stdout
    }
    assert.deepEqual(JSON.parse(warned('--json')), { against: null, ok: true, contracts: [] })
    repository.commit()
    repository.git('clone', '-q', '--depth', '1', pathToFileURL(repository.dir).href, 'shallow')
    assert.equal(warned('--root', join(repository.dir, 'shallow')), '')
  })
})

describe('the revision that contracts are compared with', () => {
  it('is the last release, else main, else the commit before, else there is none', async () => {
    using repository = makeRepository()
    const found = async () => {
      await using baseline = await findBaseline(repository.dir, null)
      return baseline && `${baseline.ref}: ${baseline.why}`
    }
    assert.equal(await found(), null)
    repository.commit()
    assert.equal(await found(), 'HEAD~: there is no release tag and this is main')
    repository.git('switch', '-q', '-c', 'topic')
    repository.commit()
    assert.equal(await found(), 'main: there is no release tag')
    repository.git('tag', 'v0.1.0', 'HEAD~2')
    repository.git('tag', 'another')
    assert.equal(await found(), 'v0.1.0: the last release tag')
    repository.remove('.git')
    assert.equal(await found(), null)
  })

  it('is said not to be here, or to have no contracts', async () => {
    using repository = makeRepository()
    await assert.rejects(findBaseline(repository.dir, 'v9'), /git knows no revision v9 here; a shallow clone has few/)
    await assert.rejects(findBaseline(repository.dir, '--all'), /git knows no revision --all here/)
    repository.git('switch', '-q', '--orphan', 'empty')
    repository.git('commit', '-q', '--allow-empty', '-m', 'nothing')
    await using baseline = await findBaseline(repository.dir, 'empty')
    assert.equal(baseline?.dir, null)
  })

  it('keeps its contracts as they were', async () => {
    using repository = makeRepository()
    repository.change('flight.landed.v1', (schema) => (schema.title = 'changed'))
    await using baseline = await findBaseline(repository.dir, 'HEAD')
    const { all } = await loadContracts(baseline!.dir!)
    assert.ok(all.length > 1)
    assert.equal(all.find(({ type }) => type === 'flight.landed.v1')?.title, 'Flight landed')
  })
})
