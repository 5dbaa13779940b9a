// npm run format: rewrites every file in the house style.
//   npm run format -- docs tools/format.ts    some of them
import { spawnSync } from 'node:child_process'
import { commandLine } from './command-line.ts'

const { positionals } = commandLine(import.meta.filename, { allowPositionals: true })
process.exitCode = spawnSync('oxfmt', positionals.length > 0 ? positionals : ['.'], { stdio: 'inherit' }).status ?? 1
