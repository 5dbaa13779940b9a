import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { parseCompose } from '../compose/read-compose.ts'
import { changeLockfile } from './change-lockfile.ts'
import { insertBefore, insertBehind } from './edit-text.ts'
import { planService, type ServiceOptions } from './plan-service.ts'
import { UsageError } from '../command.ts'
import { listFiles, type Plan } from './plan.ts'
import { render } from './render.ts'

const root = join(import.meta.dirname, '../../..')

function plan(options: Partial<ServiceOptions> = {}): Promise<Plan> {
  return planService(root, { name: 'planned-sink', kind: 'sink', events: ['weather.observed.v1'], ...options })
}

async function problemsOf(options: Partial<ServiceOptions>): Promise<string> {
  const error = await plan(options).then(
    () => assert.fail('expected to be refused'),
    (error: unknown) => error
  )
  assert.ok(error instanceof UsageError, String(error))
  return error.problems.join('\n')
}

describe('a new service', () => {
  let sink: Plan
  let producer: Plan
  before(async () => {
    sink = await plan()
    producer = await plan({ name: 'planned-producer', kind: 'producer' })
  })

  it('is a folder as its neighbours have it, and the lines by which the repository knows it', () => {
    const paths = (plan: Plan) => listFiles(root, plan).map(({ does, path }) => `${does} ${path}`)
    for (const file of [
      'README.md',
      'package.json',
      'config.ts',
      'config.test.ts',
      'service.ts',
      'service.test.ts',
      'main.ts'
    ]) {
      assert.ok(paths(sink).includes(`create services/planned-sink/${file}`), file)
      assert.ok(paths(producer).includes(`create services/planned-producer/${file}`), file)
    }
    const shared = ['docker-compose.yml', 'pnpm-lock.yaml', 'e2e/compose/file.test.ts', 'e2e/compose/inside.test.ts']
    for (const file of [...shared, 'README.md']) assert.ok(paths(sink).includes(`change ${file}`), file)
    assert.ok(paths(producer).includes('change cli/src/secrets.ts'))
  })

  it('has ports and a database of its own in the compose file, whose comments survive', () => {
    const text = sink.files.get('docker-compose.yml') ?? ''
    const { services } = parseCompose(text, {})
    const { environment = {}, ours } = services.get('planned-sink') ?? {}
    assert.equal(ours, 'planned-sink')
    assert.match(environment['REDIS_URL'] ?? '', /^redis:\/\/redis:6379\/[1-9]$/)
    const taken = [...services.values()].filter(
      (service) => service.environment['REDIS_URL'] === environment['REDIS_URL']
    )
    assert.equal(taken.length, 1)
    const others = [...services.values()].filter(({ name }) => name !== 'planned-sink')
    assert.ok(others.every((service) => service.environment['ADMIN_PORT'] !== environment['ADMIN_PORT']))
    assert.match(services.get('console')?.environment['SERVICES'] ?? '', /,planned-sink=planned-sink:\d+$/)
    assert.match(text, /# The live page: http/)
    assert.ok(sink.files.get('services/planned-sink/config.ts')?.includes(`adminPort: ${environment['ADMIN_PORT']}`))
    assert.match(producer.files.get('docker-compose.yml') ?? '', /\nvolumes:\n[^]*\n {2}planned-producer: \{\}\n/)
  })

  it('prints its settings in its README', () => {
    assert.match(
      sink.files.get('services/planned-sink/README.md') ?? '',
      /<!-- settings -->\n\| setting .*\n[^]*`GROUP_ID`[^]*<!-- \/settings -->/
    )
  })

  it('is refused with everything that is wrong with what was asked for', async () => {
    const problems = await problemsOf({ name: 'Gusts', kind: 'transform', events: ['weather.imagined.v1'] })
    assert.match(problems, /expected a name of lower-case words .*found "Gusts"/)
    assert.match(problems, /--kind: expected sink or producer; found "transform"/)
    assert.match(problems, /--event: expected one of flight\..*; found weather\.imagined\.v1/)
    assert.match(await problemsOf({ name: 'enricher' }), /services\/enricher is there already/)
    assert.match(await problemsOf({ name: 'redis' }), /docker-compose\.yml has a service redis already/)
    assert.match(await problemsOf({ events: [] }), /--event: expected at least one of/)
    assert.match(
      await problemsOf({ kind: 'producer', events: ['flight.landed.v1', 'weather.observed.v1'] }),
      /expected one for a producer; found 2/
    )
  })
})

describe('a text that is edited', () => {
  it('says where it expected what, when it is not there', () => {
    assert.throws(
      () => insertBefore('a.yml', 'x:\ny:\n', 'new\n', { anchor: 'z:' }),
      /a\.yml: expected a line that begins with "z:"/
    )
    assert.throws(() => insertBehind('a.yml', 'x:\n', 'new', /q/), /a\.yml: expected q/)
    assert.equal(insertBefore('a.yml', 'x:\ny:\n', 'new\n', { anchor: 'y:' }), 'x:\nnew\ny:\n')
    assert.throws(() => render('{{nobody}}', {}), /asks for nobody/)
  })

  it('may be a lockfile whose last service is the new one', () => {
    const lock = 'importers:\n\n  services/a:\n    dependencies: {}\n\npackages:\n'
    const manifest = '{"dependencies":{"@sluice/events":"workspace:*"}}'
    const added =
      "  services/b:\n    dependencies:\n      '@sluice/events':\n        specifier: workspace:*\n        version: link:../../packages/events\n\n"
    assert.equal(changeLockfile(lock, 'services/b', manifest), lock.replace('packages:', `${added}packages:`))
  })
})
