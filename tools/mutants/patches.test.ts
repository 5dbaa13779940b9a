import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'

const root = join(import.meta.dirname, '../..')

it('every mutant applies to what is here: one that does not would test nothing until its turn comes', () => {
  const patches = globSync('e2e/mutants/*.patch', { cwd: root })
  assert.ok(patches.length >= 23)
  const stale = patches.filter((patch) => spawnSync('git', ['apply', '--check', patch], { cwd: root }).status !== 0)
  assert.deepEqual(stale, [])
})
