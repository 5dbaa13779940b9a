import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { repoRoot } from '@sluice/testkit'
import { writeDescriptors } from './write-descriptors.ts'

it('the descriptors for reflection are those of the .proto files', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'descriptors-'))
  const file = join(dir, 'now.binpb')
  await writeDescriptors(file)
  const isSame = readFileSync(file).equals(readFileSync(join(repoRoot, 'proto/descriptors.binpb')))
  rmSync(dir, { recursive: true })
  assert.ok(isSame, 'a .proto file has changed: node tools/write-descriptors.ts')
})
