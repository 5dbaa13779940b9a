import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { repoRoot } from '@sluice/testkit'
import { landed, replay } from '../replay.ts'
import { sparkVersions } from '../engines/install-spark.ts'
import { versionCommand } from './client-versions.ts'
import { grpcurlVersion, prepareClients } from './prepare-clients.ts'
import { isAsExpected, readBlocks } from './read-blocks.ts'
import { createRunner, type Shared } from './run-client.ts'
import { testEvents } from './test-events.ts'
import { testLake } from './test-lake.ts'
import { testMetrics } from './test-metrics.ts'
import { testModel } from './test-model.ts'
import { testReflection } from './test-reflection.ts'
import { testTopics } from './test-topics.ts'
import { testViews } from './test-views.ts'

const page = readBlocks(join(repoRoot, 'docs/clients.md'))
const home = mkdtempSync(join(tmpdir(), 'sluice-clients-'))
const clients = await prepareClients(home)

describe('stock clients, unmodified', () => {
  let shared: Shared
  before(async () => {
    const run = await replay({ from: '2013-02-12', to: '2013-02-14', speed: 'max' })
    const report = await landed(run, 120_000)
    assert.deepEqual(report.problems, [])
    shared = { run, report, runner: createRunner(run.platform, clients, page.setup) }
  })
  after(async () => {
    await shared?.run[Symbol.asyncDispose]()
    rmSync(home, { recursive: true, force: true })
  })

  // First those that compare with what the day came to.
  testLake(() => shared)
  testTopics(() => shared)
  testViews(
    () => shared,
    page.blocks.find(({ name }) => name === 'redis-cli')
  )
  testModel(() => shared)
  testReflection(() => shared)
  testMetrics(() => shared)
  testEvents(() => shared)

  describe('docs/clients.md', () => {
    for (const block of page.blocks) {
      const skip = block.name === 'grpcurl' ? clients.noGrpcurl : false
      it(`says what ${block.name} prints`, { skip }, async (t) => {
        const version = await shared.runner.block({ language: 'sh', code: versionCommand(block.name) })
        assert.notEqual(version.trim(), '', block.name)
        t.diagnostic(`${block.name}: ${version.trim()}`)
        const printed = await shared.runner.block(block)
        assert.ok(isAsExpected(printed, block.expected), `expected\n${block.expected}\nfound\n${printed}`)
      })
    }

    it('names the versions that are tested', () => {
      const text = readFileSync(join(repoRoot, 'docs/clients.md'), 'utf8')
      const pinned = readFileSync(join(repoRoot, 'packages/testkit/requirements.txt'), 'utf8').replaceAll('_', '-')
      const catalog = readFileSync(join(repoRoot, 'pnpm-workspace.yaml'), 'utf8')
      for (const [, name = '', version] of text.matchAll(/([a-z-]+)(?:\[[a-z,]+\])?==([\d.]+)/g)) {
        assert.match(pinned, new RegExp(`^${name}==${version}$`, 'm'))
      }
      for (const [, name, version] of text.matchAll(/([a-z-]+)@([\d.]+)/g)) {
        assert.match(catalog, new RegExp(`^ {2}${name}: ${version}$`, 'm'))
      }
      assert.deepEqual(/\*\*grpcurl\*\* (\d[\d.]*\d)/.exec(text)?.[1], grpcurlVersion)
      const [, spark, delta] = /\*\*Spark\*\* (\S+) with Delta Lake (\S+)/.exec(text) ?? []
      assert.deepEqual({ spark, delta }, sparkVersions)
    })
  })
})
