// npm run format: rewrites every file in the house style.
import { spawnSync } from 'node:child_process'

process.exitCode =
  spawnSync('oxfmt', process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['.'], { stdio: 'inherit' }).status ?? 1
