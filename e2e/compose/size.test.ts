import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, describe, it } from 'node:test'
import { docker, inside, ourServices, readConfig, type Config } from './containers.ts'

interface Figures {
  readonly memory: Readonly<Record<string, { readonly peak: number; readonly limit: number }>>
  readonly peakTotal: number
}

/** Those that carry a native library: ONNX Runtime, DuckDB. */
const heavy = ['enrichment-api', 'batch-loader', 'console']

describe('what the platform costs', () => {
  let config: Config
  before(async () => void (config = await readConfig()))

  it('an image adds at most 40 MB to its base, 110 MB with a native library', async () => {
    const base = await sizeOf(process.env['SLUICE_BASE_IMAGE'] ?? '')
    for (const name of [...ourServices(config), 'secrets']) {
      const added = (await sizeOf(config.services[name]?.image ?? '')) - base
      assert.ok(added <= (heavy.includes(name) ? 110e6 : 40e6), `${name} adds ${(added / 1e6).toFixed(0)} MB`)
    }
  })

  it('an image lists what it holds, and holds nothing else', async () => {
    for (const name of ourServices(config)) {
      const bill = JSON.parse(await inside(name, 'cat /app/sbom.cdx.json')) as { components: readonly Component[] }
      const listed = bill.components.filter(({ group }) => group !== '@sluice')
      const held = (await inside(name, 'ls /app/node_modules/.pnpm')).split('\n').flatMap(packageOf)
      assert.deepEqual([...new Set(held)].toSorted(), [...new Set(listed.map(fullName))].toSorted(), name)
    }
  })

  it('everything together used at most 2.5 GB, each below its limit', () => {
    const { memory, peakTotal } = JSON.parse(readFileSync(process.env['SLUICE_FIGURES'] ?? '', 'utf8')) as Figures
    assert.ok(peakTotal > 300 && peakTotal < 2_500, `${peakTotal.toFixed(0)} MiB`)
    for (const [name, { peak, limit }] of Object.entries(memory))
      assert.ok(peak < 0.9 * limit, `${name} used ${peak.toFixed(0)} of ${limit.toFixed(0)} MiB`)
  })
})

interface Component {
  readonly group?: string
  readonly name: string
  readonly version: string
}

function fullName({ group, name, version }: Component): string {
  return `${group === undefined ? '' : `${group}/`}${name}@${version}`
}

/** `@grpc+grpc-js@1.14.7` is a folder of pnpm; what it stands beside of follows behind an underscore. */
function packageOf(folder: string): string[] {
  const [, name = '', version = ''] = /^(@?[^@]+)@([^_(]+)/.exec(folder) ?? []
  return name === '' ? [] : [`${name.replace('+', '/')}@${version}`]
}

async function sizeOf(image: string): Promise<number> {
  return Number(await docker('image', 'inspect', '--format', '{{.Size}}', image))
}
