import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'

const root = resolve(import.meta.dirname, '..')
/** Parts, and tools that begin without asking for their arguments first. */
const others = new Set(['command-line.ts', 'test-files.ts', 'test-faults.ts', 'test-scaffolds.ts', 'mutants.ts'])
const tools = globSync('*.ts', { cwd: join(root, 'tools'), exclude: ['*.test.ts'] }).filter((file) => !others.has(file))

function run(tool: string, argument: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join('tools', tool), argument], { cwd: root, encoding: 'utf8', timeout: 60_000 })
}

describe('a tool', () => {
  for (const tool of tools) {
    it(`says what it does and does nothing when asked for help: ${tool}`, () => {
      const { status, stdout, stderr } = run(tool, '--help')
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
      assert.match(stdout, /^(npm run [a-z:]+|npm test|node tools\/[a-z-]+\.ts).*: /)
    })
  }

  it('answers an option that it does not know with one line, and ends with 2', () => {
    for (const tool of ['check.ts', 'learn.ts', 'generate-types.ts', 'compose-test.ts']) {
      const { status, stderr } = run(tool, '--nonsense')
      assert.equal(status, 2, stderr)
      assert.match(stderr, /^Unknown option '--nonsense'.*\n$/)
    }
    const { status, stderr } = run('check.ts', 'nonsense')
    assert.equal(status, 2, stderr)
    assert.match(stderr, /^expected types, .*found nonsense .*\n$/)
  })
})
