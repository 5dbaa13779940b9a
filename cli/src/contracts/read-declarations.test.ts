import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { readDeclarations } from './read-declarations.ts'

const root = join(import.meta.dirname, '../../..')
const services = readdirSync(join(root, 'services')).toSorted()

/** What a service may use of Kafka without ever seeing an event: the clock is in a topic of its own. */
const withoutEvents = new Set(['openKafka', 'checkTopics', 'readControl', 'writeControl', 'followControl', 'Kafka'])

describe('every service that handles records with events', () => {
  const handling = services.filter((name) => usedOfKafka(name).some((used) => !withoutEvents.has(used)))

  it('says what it reads of them, and a test holds it to that', async () => {
    assert.ok(handling.length >= 5, `found ${handling.join(', ')}`)
    for (const name of handling) {
      for (const file of ['reads.ts', 'reads.test.ts'])
        assert.ok(existsSync(join(root, 'services', name, file)), `services/${name}/${file}: expected, found none`)
      const test = readFileSync(join(root, 'services', name, 'reads.test.ts'), 'utf8')
      assert.match(test, /checkReads\(/, `services/${name}/reads.test.ts: expected checkReads, found none`)
    }
    const declared = [...(await readDeclarations(root)).keys()]
    assert.deepEqual(
      handling.filter((name) => !declared.includes(name)),
      []
    )
  })

  it('is every service with settings of Kafka but those that follow the clock alone', async () => {
    for (const name of services) {
      const { settings } = (await import(pathToFileURL(join(root, 'services', name, 'config.ts')).href)) as {
        readonly settings: object
      }
      if (!('KAFKA_BROKERS' in settings) || handling.includes(name)) continue
      const used = usedOfKafka(name)
      assert.ok(
        used.some((one) => one.endsWith('Control')),
        `services/${name} uses of Kafka only ${used.join(', ')}`
      )
    }
  })
})

/** The names that its code, without its tests, imports from the one package that speaks with Kafka. */
function usedOfKafka(service: string): string[] {
  const files = globSync(['*.ts', 'src/**/*.ts'], { cwd: join(root, 'services', service) })
  const code = files.filter((file) => !file.endsWith('.test.ts') && !file.split('/').includes('testing'))
  return code.flatMap((file) => {
    const text = readFileSync(join(root, 'services', service, file), 'utf8')
    const lists = [...text.matchAll(/import (?:type )?\{([^}]*)\} from '@sluice\/kafka'/g)]
    return lists.flatMap(([, names = '']) => names.split(',').map((one) => one.replace(/^\s*(?:type )?/, '').trim()))
  })
}
