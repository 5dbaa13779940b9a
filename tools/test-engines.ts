// npm run test:engines: engines that are too heavy for npm test read the lake. Spark: 450 MB once, then some four minutes.
import { spawn } from 'node:child_process'
import { commandLine } from './command-line.ts'

commandLine(import.meta.filename, {})

const child = spawn(process.execPath, ['--test', '--test-timeout=900000', 'e2e/engines/spark.test.ts'], {
  stdio: 'inherit'
})
child.on('close', (code) => {
  process.exitCode = code ?? 1
})
