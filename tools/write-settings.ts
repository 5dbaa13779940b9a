// node tools/write-settings.ts: writes the settings table of every service's README from its config.ts.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Settings } from '../packages/service/src/settings.ts'
import { withSettingsTable } from '../packages/service/src/settings-table.ts'
import { commandLine } from './command-line.ts'

commandLine(import.meta.filename, {})
const services = resolve(import.meta.dirname, '../services')

for (const name of readdirSync(services)) {
  const config = join(services, name, 'config.ts')
  const readme = join(services, name, 'README.md')
  if (!existsSync(config) || !existsSync(readme)) continue
  const { settings } = (await import(config)) as { settings: Settings }
  const before = readFileSync(readme, 'utf8')
  const after = withSettingsTable(before, settings)
  if (after !== before) writeFileSync(readme, after)
  process.stdout.write(`${after === before ? 'same   ' : 'written'} services/${name}/README.md\n`)
}
