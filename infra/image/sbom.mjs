// The software bill of materials of one service's image (CycloneDX 1.6), from the lockfile:
//   node infra/image/sbom.mjs services/collector collector.cdx.json      (pnpm must be on the PATH)
// An image holds its own at /app/sbom.cdx.json.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder = '', file = ''] = process.argv.slice(2)
const { name, version, image = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const printed = execFileSync(
  'pnpm',
  [
    'sbom',
    '--sbom-format=cyclonedx',
    '--sbom-spec-version=1.6',
    '--sbom-type=application',
    '--lockfile-only',
    '--prod',
    `--filter=${name}`
  ],
  { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }
)
const bill = JSON.parse(printed)
const fullName = ({ group, name }) => (group ? `${group}/${name}` : name)
// The base is Debian: what the lockfile has for musl is not installed.
const isLeft = (name) => (image.without ?? []).includes(name) || name.endsWith('-musl')
const left = new Set(bill.components.filter((part) => isLeft(fullName(part))).map((part) => part['bom-ref']))
bill.components = bill.components.filter((part) => !left.has(part['bom-ref']))
bill.dependencies = (bill.dependencies ?? [])
  .filter(({ ref }) => !left.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => !left.has(other)) }))
writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`)
console.log(`${name} ${version}: ${bill.components.length} components in ${file}`)
