import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { RefusedError } from '@sluice/events'
import fc from 'fast-check'
import { kafkaSettings, kafkaSettingsOf, redisSettings, runtimeSettings } from './groups.ts'
import { setting } from './setting.ts'
import { defineSettings, readSettings, type Environment, type Settings } from './settings.ts'
import { settingsTable, withSettingsTable } from './settings-table.ts'
import { repositoryRoot } from './version.ts'

function connectionOf(env: Environment) {
  return kafkaSettingsOf(readSettings(kafkaSettings, env), 'me')
}

function problemsOf(declaration: Settings, env: Environment): readonly string[] {
  try {
    readSettings(declaration, env)
  } catch (error) {
    assert.ok(error instanceof RefusedError)
    return error.problems
  }
  return []
}

describe('settings', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-settings-'))
  after(() => rmSync(dir, { recursive: true }))

  const all = defineSettings({
    PORT_TO_USE: setting.port({ default: 80, doc: 'A port.' }),
    TIMEOUT_MS: setting.durationMs({ default: 60_000, min: 10, doc: 'A time.' }),
    RATIO: setting.number({ optional: true, min: 0, max: 1, doc: 'A part.' }),
    ROWS: setting.integer({ default: 5, doc: 'Rows.' }),
    ENABLED: setting.flag({ default: false, doc: 'A flag.' }),
    MODE: setting.choice({ choices: ['fast', 'slow'], default: 'fast', doc: 'A mode.' }),
    HOSTS: setting.list({ default: ['a:1'], doc: 'Hosts.' }),
    TARGET: setting.url({ protocols: ['http:'], optional: true, doc: 'A target.' }),
    FOLDER: setting.path({ default: 'schemas', doc: 'A folder.' }),
    DAY: setting.text({ default: '2013-09-01', pattern: /^\d{4}-\d\d-\d\d$/, expected: 'a date', doc: 'A day.' }),
    TOKEN: setting.secret({ optional: true, doc: 'A token.' })
  })

  it('have the declared values when nothing is given, or only empty text', () => {
    const defaults = {
      PORT_TO_USE: 80,
      TIMEOUT_MS: 60_000,
      RATIO: undefined,
      ROWS: 5,
      ENABLED: false,
      MODE: 'fast',
      HOSTS: ['a:1'],
      TARGET: undefined,
      FOLDER: join(repositoryRoot, 'schemas'),
      DAY: '2013-09-01',
      TOKEN: undefined
    }
    assert.deepEqual(readSettings(all, {}), defaults)
    assert.deepEqual(readSettings(all, Object.fromEntries(Object.keys(all).map((name) => [name, '']))), defaults)
  })

  it('are read by their type', () => {
    const env = {
      PORT_TO_USE: '0',
      TIMEOUT_MS: '10',
      RATIO: '0.25',
      ROWS: '-7',
      ENABLED: 'true',
      MODE: 'slow',
      HOSTS: 'a:1, b:2',
      TARGET: 'http://x/y',
      FOLDER: '/f',
      DAY: '2014-01-01',
      TOKEN: 't0ken'
    }
    const values = {
      ...env,
      PORT_TO_USE: 0,
      TIMEOUT_MS: 10,
      RATIO: 0.25,
      ROWS: -7,
      ENABLED: true,
      HOSTS: ['a:1', 'b:2']
    }
    assert.deepEqual(readSettings(all, env), values)
  })

  it('report every problem at once, each with what was expected and what was found', () => {
    const required = { ...all, NAME: setting.text({ doc: 'Who it is.' }) }
    assert.deepEqual(
      problemsOf(required, {
        PORT_TO_USE: '99999',
        TIMEOUT_MS: '5s',
        RATIO: '1.5',
        ROWS: '1e3',
        ENABLED: 'yes',
        MODE: 'medium',
        HOSTS: 'a,,b',
        TARGET: 'ftp://x',
        DAY: 'today'
      }),
      [
        'PORT_TO_USE is "99999", expected a whole number from 0 to 65535',
        'TIMEOUT_MS is "5s", expected milliseconds as a whole number without a unit of at least 10',
        'RATIO is "1.5", expected a number from 0 to 1',
        'ROWS is "1e3", expected a whole number',
        'ENABLED is "yes", expected true or false',
        'MODE is "medium", expected one of fast, slow',
        'HOSTS is "a,,b", expected items separated by single commas',
        'TARGET is "ftp://x", expected a URL beginning with http://',
        'DAY is "today", expected a date',
        'NAME is not set, expected text: Who it is.'
      ]
    )
  })

  it('name a slip of the pen, and leave alone what is not theirs', () => {
    assert.deepEqual(
      problemsOf(all, { TIMEOUTS_MS: '5', HOST: 'x', TOKEN_FIL: 'y', PATH: '/bin', REDIS_PORT: 'tcp://x' }),
      [
        'TIMEOUTS_MS is not a setting of this service, expected TIMEOUT_MS',
        'TOKEN_FIL is not a setting of this service, expected TOKEN_FILE'
      ]
    )
    assert.deepEqual(problemsOf(all, { TIMEOUTS_MS: '5', TIMEOUT_MS: '5000' }), [], 'both given: it is something else')
  })

  it('never show a secret', () => {
    const declared = defineSettings({ SECRET_PORT: { ...setting.port({ doc: 'x' }), secret: true } })
    assert.deepEqual(problemsOf(declared, { SECRET_PORT: 'hunter22' }), [
      'SECRET_PORT is a value that is not shown, expected a whole number from 0 to 65535'
    ])
  })

  it('take a secret from a file, without the line end', () => {
    const [good, empty] = [join(dir, 'good'), join(dir, 'empty')]
    writeFileSync(good, 's3cret\n')
    writeFileSync(empty, '\n')
    assert.equal(readSettings(all, { TOKEN_FILE: good }).TOKEN, 's3cret')
    assert.deepEqual(problemsOf(all, { TOKEN_FILE: good, TOKEN: 'x' }), [
      'TOKEN and TOKEN_FILE are both set, expected one'
    ])
    assert.match(problemsOf(all, { TOKEN_FILE: empty })[0] ?? '', /TOKEN_FILE is ".*empty", which is empty/)
    assert.match(problemsOf(all, { TOKEN_FILE: join(dir, 'none') })[0] ?? '', /which cannot be read: ENOENT/)
  })

  it('refuse a password in a URL: it would not be secret there', () => {
    assert.match(problemsOf(redisSettings, { REDIS_URL: 'redis://u:p4ss@h' })[0] ?? '', /without a password/)
    assert.equal(readSettings(redisSettings, { REDIS_URL: 'rediss://user@h:1/2' }).REDIS_URL, 'rediss://user@h:1/2')
    for (const url of ['redis://u:p4ss@h', 'http://u:p4ss@h', 'redis://u:p4ss@h:port']) {
      assert.doesNotMatch(problemsOf(redisSettings, { REDIS_URL: url })[0] ?? 'p4ss', /p4ss/)
    }
  })

  it('accept nothing that is not a whole number of milliseconds', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const isFine =
          text === '' || (/^\d+$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER && Number(text) >= 10)
        assert.equal(problemsOf({ TIMEOUT_MS: all.TIMEOUT_MS }, { TIMEOUT_MS: text }).length, isFine ? 0 : 1)
      })
    )
  })

  it('of Kafka must not contradict each other', () => {
    assert.deepEqual(connectionOf({ KAFKA_BROKERS: 'a:1,b:2' }), {
      brokers: ['a:1', 'b:2'],
      clientId: 'me',
      tls: null,
      sasl: null
    })
    assert.deepEqual(
      connectionOf({
        KAFKA_TLS: 'true',
        KAFKA_TLS_CA_FILE: '/ca',
        KAFKA_SASL_MECHANISM: 'scram-sha-512',
        KAFKA_SASL_USERNAME: 'u',
        KAFKA_SASL_PASSWORD: 'p'
      }),
      {
        brokers: ['localhost:19092'],
        clientId: 'me',
        tls: { caFile: '/ca' },
        sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' }
      }
    )
    assert.throws(
      () => connectionOf({ KAFKA_TLS_CERT_FILE: '/c', KAFKA_SASL_USERNAME: 'u' }),
      (error: unknown) => error instanceof RefusedError && error.problems.length === 3
    )
  })
})

describe('the settings table', () => {
  const declaration = { ...runtimeSettings({ adminPort: 9105 }), ...redisSettings }

  it('says everything about each setting, and nothing of this machine', () => {
    const table = settingsTable({
      ...declaration,
      MUST: setting.path({ doc: 'a | b' }),
      DIR: setting.path({ default: 'schemas', doc: 'x' })
    })
    assert.match(table, /^\| `ADMIN_PORT` \| port \| `9105` \| Port of /m)
    assert.match(table, /^\| `REDIS_PASSWORD` or `REDIS_PASSWORD_FILE` \| secret \| {2}\| Password /m)
    assert.match(table, /^\| `MUST` \| path \| \*\*required\*\* \| a \\\| b \|$/m)
    assert.match(table, /^\| `DIR` \| path \| `schemas` \|/m)
    assert.ok(!table.includes(repositoryRoot))
  })

  it('replaces what is between the markers and nothing else', () => {
    const readme = withSettingsTable('# x\n<!-- settings -->\nold\n<!-- /settings -->\nend\n', declaration)
    assert.equal(readme, `# x\n<!-- settings -->\n${settingsTable(declaration)}\n<!-- /settings -->\nend\n`)
    assert.throws(() => withSettingsTable('# x', declaration), /no settings table between/)
  })
})
