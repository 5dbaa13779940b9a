// npm run test:faults: the promises of exactly once under faults, each file on a platform of its own, one after another.
//   --full: the sizes of PROMISES instead of those that fit into a pipeline; hours. More arguments: only these files.
import { spawn } from 'node:child_process'
import { faultTests } from './test-files.ts'

const args = process.argv.slice(2)
const isFull = args.includes('--full')
const named = args.filter((arg) => !arg.startsWith('--'))
const files = named.length === 0 ? faultTests() : named
const timeoutMs = isFull ? 6 * 3_600_000 : 900_000
const child = spawn(
  process.execPath,
  ['--test', '--test-concurrency=1', `--test-timeout=${timeoutMs}`, '--test-reporter=spec', ...files],
  { stdio: 'inherit', env: { ...process.env, ...(isFull && { SLUICE_FULL: '1' }) } }
)
child.on('close', (code) => {
  process.exitCode = code ?? 1
})
