// npm run generate: writes everything that is generated from something else in this repository.
//   types and pages of the contracts · settings tables of the READMEs
import { spawnSync } from 'node:child_process'
import { commandLine } from './command-line.ts'

commandLine(import.meta.filename, {})

const commands = [
  'tools/generate-types.ts',
  'cli/main.ts contracts export --format markdown --out docs/contracts',
  'tools/write-settings.ts'
]

for (const command of commands) {
  const { status } = spawnSync(process.execPath, command.split(' '), { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) {
    console.error(`node ${command} ended with ${status}`)
    process.exit(1)
  }
}
console.log('generated: types, pages of the contracts, tables of settings')
