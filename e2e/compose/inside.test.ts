import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { isJob, ourServices, readConfig, type Config } from './containers.ts'
import { lookInside, type Findings } from './look-inside.ts'

/** Of the doors that look-inside.ts knocks at. Whoever is on the bus meets the collector there, which asks for a key. */
const opens: Readonly<Record<string, readonly string[]>> = {
  collector: ['collector', 'kafka', 'model'],
  'enrichment-api': ['collector', 'model'],
  enricher: ['collector', 'kafka', 'model'],
  'batch-loader': ['collector', 'kafka', 'redis', 's3'],
  'realtime-loader': ['collector', 'kafka', 'redis', 's3'],
  'flight-producer': ['collector', 'kafka', 'model'],
  'weather-producer': ['collector', 'kafka', 'model'],
  console: ['collector', 'kafka', 'model', 'redis', 's3']
}

describe('inside of a running container', () => {
  let config: Config
  const running: Record<string, Findings> = {}
  const ours: Record<string, Findings> = {}
  before(async () => {
    config = await readConfig()
    const names = Object.keys(config.services).filter((name) => !isJob(config.services[name]))
    for (const name of names) running[name] = await lookInside(name, ourServices(config).includes(name))
    for (const name of ourServices(config)) ours[name] = running[name] ?? assert.fail(name)
  })

  it('nobody is root, has a capability or can gain one', () => {
    for (const [name, { status }] of Object.entries(running)) {
      assert.doesNotMatch(status, /^Uid:\s+0\s/m, name)
      assert.match(status, /^CapEff:\s+0{16}$/m, name)
      assert.match(status, /^CapBnd:\s+0{16}$/m, name)
      assert.match(status, /^NoNewPrivs:\s+1$/m, name)
      assert.match(status, /^Seccomp:\s+2$/m, name)
    }
  })

  it('writing outside of /tmp and what is mounted fails', () => {
    for (const [name, { written }] of Object.entries(running)) assert.equal(written, '', name)
  })

  it('what is written into /tmp cannot be run', () => {
    for (const [name, { ran }] of Object.entries(ours)) assert.equal(ran, 'refused', name)
  })

  it('memory and processes are bounded as the file says', () => {
    for (const [name, { limits }] of Object.entries(running)) {
      const { mem_limit, pids_limit } = config.services[name] ?? {}
      assert.equal(limits, `${mem_limit}\n${pids_limit}`, name)
    }
  })

  it('a box reaches what its networks hold, and nothing else: the collector neither Redis nor S3, nobody the world', () => {
    for (const [name, { doors }] of Object.entries(ours))
      assert.deepEqual((JSON.parse(doors) as string[]).toSorted(), opens[name] ?? ['unknown'], name)
  })

  it('nothing is there to build or install with', () => {
    for (const [name, { tools }] of Object.entries(ours)) assert.equal(tools, '', name)
  })

  it('an image holds its own service, no tests, and of native libraries only what it uses', () => {
    for (const [name, { services, native }] of Object.entries(ours)) {
      assert.equal(services, name)
      const onnx = native.split('\n').filter((path) => path.includes('onnxruntime'))
      assert.equal(onnx.length > 0, name === 'enrichment-api', `${name}: ${onnx.join(' ')}`)
      assert.ok(
        onnx.every((path) => path.includes(`/linux/${process.arch}/`)),
        onnx.join(' ')
      )
    }
  })
})
