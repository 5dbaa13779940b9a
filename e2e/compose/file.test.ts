import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { isJob, ourServices, readConfig, type Config, type ServiceConfig } from './containers.ts'

/** What each box may reach: nothing else. */
const reaches: Readonly<Record<string, readonly string[]>> = {
  secrets: [],
  topics: ['bus'],
  bucket: ['store'],
  kafka: ['bus', 'local'],
  s3: ['local', 'store'],
  redis: ['local', 'store'],
  collector: ['bus', 'edge'],
  'enrichment-api': ['edge', 'models'],
  enricher: ['bus', 'models'],
  'batch-loader': ['bus', 'store'],
  'realtime-loader': ['bus', 'store'],
  'flight-producer': ['bus', 'edge'],
  'weather-producer': ['bus', 'edge'],
  console: ['bus', 'edge', 'store']
}

/** A service that is added may be on any of these. */
const inner = ['bus', 'edge', 'models', 'store']

describe('docker-compose.yml', () => {
  let config: Config
  before(async () => void (config = await readConfig()))

  /** One sentence per service that breaks the rule. */
  const each = (rule: (service: ServiceConfig, name: string) => string | false | undefined): void =>
    assert.deepEqual(
      Object.entries(config.services).flatMap(([name, service]) => {
        const problem = rule(service, name)
        return problem ? [`${name}: ${problem}`] : []
      }),
      []
    )

  it('runs nothing as root', () => each(({ user = '' }) => /^(|root|0)(:.*)?$/.test(user) && `user is "${user}"`))

  it('lets nothing write into its image', () => each(({ read_only }) => read_only !== true && 'read_only is missing'))

  it('drops every capability, and lets nothing gain one', () =>
    each(({ cap_drop = [], cap_add = [], security_opt = [], privileged }) => {
      if (cap_drop.join() !== 'ALL' || cap_add.length > 0) return 'keeps capabilities'
      if (!security_opt.includes('no-new-privileges:true')) return 'may gain privileges'
      return privileged === true && 'is privileged'
    }))

  it('bounds memory, processor and processes', () =>
    each(({ mem_limit, cpus, pids_limit }) => {
      if (!(Number(mem_limit) > 0)) return 'no mem_limit'
      if (!(Number(cpus) > 0)) return 'no cpus'
      return !(Number(pids_limit) > 0) && 'no pids_limit'
    }))

  it('names exact versions', () =>
    each(({ image }) => !/:v?\d+\.\d+(\.\d+)?[^:@/]*(@sha256:[0-9a-f]{64})?$/.test(image) && `image ${image}`))

  it('shares nothing of the host', () =>
    each(({ volumes = [], network_mode, pid, ipc }) => {
      const bound = volumes.find(({ type }) => type !== 'volume')
      if (bound !== undefined) return `mounts ${bound.source}`
      if (network_mode !== undefined && network_mode !== 'none') return `network_mode ${network_mode}`
      return (pid ?? ipc) !== undefined && 'shares process ids or memory'
    }))

  it('publishes ports to this machine alone', () =>
    each(({ ports = [] }) => {
      const open = ports.find(({ host_ip }) => host_ip !== '127.0.0.1')
      return open && `port ${open.published} on ${open.host_ip ?? 'every address'}`
    }))

  it('connects each box to what it needs, and to nothing else', () =>
    each(({ networks = {}, network_mode }, name) => {
      const found = network_mode === 'none' ? [] : Object.keys(networks).toSorted()
      const wanted = reaches[name] ?? found.filter((network) => inner.includes(network))
      return found.join() !== wanted.join() && `is on ${found.join(', ')}`
    }))

  it('lets no network reach the world outside', () => {
    const open = Object.entries(config.networks).filter(
      ([name, { internal, driver_opts }]) =>
        name !== 'default' &&
        internal !== true &&
        driver_opts?.['com.docker.network.bridge.enable_ip_masquerade'] !== 'false'
    )
    assert.deepEqual(open, [])
  })

  it('holds no secret', () =>
    each(({ environment = {} }) => {
      const told = Object.entries(environment).find(
        ([name, value]) =>
          /PASSWORD|SECRET|TOKEN|API_KEY|ACCESS_KEY/.test(name) && !name.endsWith('_FILE') && value !== ''
      )
      return told && `${told[0]} is written down`
    }))

  it('mounts secrets for reading only, but for the job that makes them', () =>
    each(({ volumes = [] }, name) => {
      const writable = volumes.some(({ source, read_only }) => source === 'secrets' && read_only !== true)
      return name !== 'secrets' && writable && 'may change the secrets'
    }))

  it('keeps logs small', () =>
    each(({ logging }) => logging?.options['max-size'] === undefined && 'logs grow without end'))

  it('starts again what ends, and jobs only when they failed', () =>
    each((service) => {
      if (isJob(service)) return !/^on-failure:\d+$/.test(service.restart ?? '') && 'is tried without end'
      if (service.restart !== 'unless-stopped') return `restart is ${service.restart}`
      return service.stop_grace_period === undefined && 'no grace period'
    }))

  it('knows of everything that runs whether it is healthy', () =>
    each((service) => !isJob(service) && service.healthcheck === undefined && 'no health check'))

  it('lets services of ours stay when they refuse, under an init, and rebuilds them when they are edited', () => {
    assert.ok(ourServices(config).length >= 7)
    for (const name of ourServices(config)) {
      const service = config.services[name]
      assert.equal(service?.environment?.['ON_REFUSED'], 'stay', name)
      assert.equal(service?.init, true, name)
      const watched = service?.develop?.watch.map(({ path }) => path) ?? []
      for (const path of [`services/${name}`, 'packages', 'pnpm-lock.yaml'])
        assert.ok(
          watched.some((found) => found.endsWith(`/${path}`)),
          `${name} watches ${path}`
        )
    }
  })
})
