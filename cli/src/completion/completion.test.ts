import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { findCommand, installSystemPackage } from '@sluice/testkit'

const exec = promisify(execFile)
const main = join(import.meta.dirname, '../../main.ts')
const dir = mkdtempSync(join(tmpdir(), 'sluice-completion-'))
after(() => rmSync(dir, { recursive: true, force: true }))

/** What is typed, and what is offered for its last word. */
const lines: readonly (readonly [string, readonly string[]])[] = [
  ['sluice sta', ['start', 'status']],
  ['sluice start --f', ['--free-ports', '--fresh']],
  ['sluice start --only enrich', ['enricher', 'enrichment-api']],
  ['sluice contracts ', ['check', 'export']],
  ['sluice contracts export --format o', ['odcs']],
  ['sluice restart real', ['realtime-loader']],
  ['sluice status --data-dir fo', ['folder']]
]

/** Of apt, where it can be had. */
async function shell(name: string): Promise<string | null> {
  if (findCommand(name) === null) await installSystemPackage(name, [name], () => undefined).catch(() => undefined)
  return findCommand(name)
}

const shells = { bash: await shell('bash'), zsh: await shell('zsh'), fish: await shell('fish') }

/** bash itself, asked as its completion asks: the words so far, the place, the function that is registered. */
const inBash = `
source completion
line=$1; read -ra COMP_WORDS <<< "$line"; [[ $line == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
[[ $(complete -p sluice) == 'complete -F _sluice sluice' ]] && _sluice
printf '%s\\n' "\${COMPREPLY[@]}"`

/** zsh on a terminal of its own, where somebody presses the tabulator and then looks at the screen. */
const inZsh = String.raw`
zmodload zsh/zpty
export TERM=dumb
zpty z zsh -f -i
zpty -w z 'stty cols 300; autoload -Uz compinit; compinit -u -D; source ./completion; LISTMAX=0; setopt no_list_ambiguous; PS1="[here]"; print REA\DY'
zpty -r -m z screen '*READY*\[here\]*'
zpty -n -w z "$1"$'\t\C-U print DO\\NE\n'
zpty -r -m z screen '*DONE*'
print -r -- "$screen"
zpty -d z`

async function offered(name: 'bash' | 'fish', line: string): Promise<readonly string[]> {
  const run =
    name === 'bash'
      ? exec('bash', ['--norc', '-c', inBash, 'bash', line], { cwd: dir })
      : exec('fish', ['--no-config', '-c', 'source completion; complete -C $argv[1]', line], { cwd: dir })
  const { stdout } = await run
  // fish adds what it is, behind a tabulator, and a slash to folders.
  const words = stdout.split('\n').map((word) => word.replace(/\t.*/, '').replace(/\/$/, ''))
  return words.filter((word) => word !== '').toSorted()
}

function print(name: string): void {
  const script = execFileSync(process.execPath, [main, 'completion', name], { encoding: 'utf8' })
  writeFileSync(join(dir, 'completion'), script)
}

describe('the completion of sluice', () => {
  before(() => {
    mkdirSync(join(dir, 'folder'))
    writeFileSync(join(dir, 'fofile'), '')
  })

  for (const name of ['bash', 'fish'] as const) {
    it(`offers in ${name} what the commands declare`, { skip: missing(name) }, async () => {
      print(name)
      for (const [line, expected] of lines) assert.deepEqual(await offered(name, line), expected, line)
    })
  }

  it('offers in zsh what the commands declare', { skip: missing('zsh') }, async () => {
    print('zsh')
    for (const [line, expected] of lines) {
      const { stdout } = await exec('zsh', ['-f', '-c', inZsh, 'zsh', line], { cwd: dir, timeout: 60_000 })
      for (const word of expected) assert.match(stdout, new RegExp(String.raw`(?<![\w-])${word}(?![\w-])`), line)
    }
  })

  it('is printed for the shells that it is made for, and for no other', () => {
    assert.throws(() => execFileSync(process.execPath, [main, 'completion', 'tcsh'], { stdio: 'pipe' }), /found tcsh/)
    assert.throws(() => execFileSync(process.execPath, [main, 'completion'], { stdio: 'pipe' }), /bash, zsh or fish/)
  })
})

function missing(name: keyof typeof shells): string | false {
  return shells[name] === null && `there is no ${name}, and apt-get has none`
}
