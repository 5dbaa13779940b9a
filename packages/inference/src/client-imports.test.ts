import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'

describe('@sluice/inference/client', () => {
  it('never loads onnxruntime', () => {
    assert.equal(loadsOnnxruntime('./client.ts'), false)
  })

  it('is checked by a probe that would notice', () => {
    assert.equal(loadsOnnxruntime('./index.ts'), true)
  })
})

function loadsOnnxruntime(module: string): boolean {
  const program = `
    import { createRequire } from 'node:module'
    await import(${JSON.stringify(import.meta.resolve(module))})
    console.log(Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('onnxruntime')))`
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  return output.trim() === 'true'
}
