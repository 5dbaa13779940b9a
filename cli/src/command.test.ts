import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { helpOf, parseCommand, UsageError, type Command } from './command.ts'
import { loadCommands } from './run-command.ts'

const toy: Command = {
  name: 'paint',
  summary: 'paints',
  operands: [{ name: 'what', help: 'the thing', choices: ['wall', 'door'] }],
  options: {
    colour: { type: 'string', value: 'NAME', help: 'in which', default: 'red', choices: ['red', 'green'] },
    layer: { type: 'string', multiple: true, help: 'one of them' },
    dry: { type: 'boolean', help: 'paints nothing' }
  },
  exits: { 1: 'no paint' },
  examples: ['paint wall --colour green'],
  run: async () => 0
}

describe('the declaration of a command', () => {
  it('parses what is typed, by name', () => {
    const values = parseCommand(toy, ['wall', '--layer', 'a', '--layer', 'b', '--dry'])
    assert.deepEqual({ ...values }, { what: 'wall', layer: ['a', 'b'], dry: true })
  })

  it('refuses what it does not declare, saying what was expected and what was found', () => {
    const refused = (...args: string[]) =>
      assert.throws(
        () => parseCommand(toy, args),
        (error) =>
          error instanceof UsageError &&
          /expected wall, door, found roof|expected red, green, found blue|--hue|one word more: door/.test(
            error.message
          )
      )
    refused('roof')
    refused('--colour', 'blue')
    refused('--hue')
    refused('wall', 'door')
  })

  it('is its help: purpose, words, options with defaults and choices, exit codes, examples', () => {
    assert.equal(
      helpOf(toy),
      [
        'sluice paint: paints',
        '',
        '  npm run sluice -- paint [what] [options]',
        '',
        '  what                     the thing: wall, door',
        '  --colour NAME            in which: red, green; default red',
        '  --layer VALUE            one of them; may be given several times',
        '  --dry                    paints nothing',
        '  -h, --help               prints this',
        '',
        'exit codes: 0 done, 1 no paint, 2 not understood',
        '',
        '  npm run sluice -- paint wall --colour green'
      ].join('\n')
    )
  })
})

describe('every command', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  for (const command of await loadCommands()) {
    it(`${command.name} has examples that it understands, and a line in the README`, () => {
      assert.ok(command.examples.length > 0)
      for (const example of command.examples) {
        const [name, ...args] = wordsOf(example)
        assert.equal(name, command.name)
        parseCommand(command, args)
      }
      assert.ok(readme.includes(`\n| \`${command.name}`), `${command.name} in the table of cli/README.md`)
    })
  }
})

/** As a shell splits a line, with double quotes. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}
