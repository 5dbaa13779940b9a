// npm test: everything that has to pass.
//   1. check: what can be known without a server
//   2. integration: on one real Kafka, S3 and Redis for the whole run; each test in its own topics, prefix, keys
//   3. end to end: the whole platform, one test at a time, on instances of its own
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backingVariable, startBackingSet } from '@sluice/testkit'
import { check } from './check.ts'
import { commandLine } from './command-line.ts'
import { endToEndTests, integrationTests } from './test-files.ts'

const began = performance.now()

async function main(): Promise<boolean> {
  if (!(await check())) return false
  return (await integration()) && (await endToEnd())
}

async function integration(): Promise<boolean> {
  say('starting Kafka, S3 and Redis for the integration tests')
  const dir = mkdtempSync(join(tmpdir(), 'sluice-test-'))
  try {
    await using backing = await startBackingSet({ dir, log: say })
    return await nodeTest('integration', integrationTests(), 2, {
      [backingVariable]: JSON.stringify(backing.connections)
    })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function endToEnd(): Promise<boolean> {
  return nodeTest('end to end', endToEndTests(), 1, {})
}

/** Runs node:test over files; its report goes straight to our output. */
async function nodeTest(
  name: string,
  files: readonly string[],
  concurrency: number,
  env: Record<string, string>
): Promise<boolean> {
  const from = performance.now()
  say(`${name}: ${files.length} files`)
  const code = await new Promise<number>((resolve, reject) => {
    const args = ['--test', `--test-concurrency=${concurrency}`, '--test-timeout=600000', ...files]
    const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...env } })
    child.on('error', reject)
    child.on('close', (status) => resolve(status ?? 1))
  })
  say(`${name}: ${code === 0 ? 'green' : 'red'} after ${seconds(from)}`)
  return code === 0
}

function say(line: string): void {
  process.stderr.write(`test: ${line}\n`)
}

function seconds(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(0)} s`
}

if (import.meta.main) {
  commandLine(import.meta.filename, {})
  const green = await main()
  say(`${green ? 'all green' : 'red'} after ${seconds(began)}`)
  process.exitCode = green ? 0 : 1
}
