import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readChapter } from './read-chapter.ts'
import { runChapter } from './run-chapter.ts'
import { page, sh, text } from './toy-page.ts'

async function run(third: string, timeoutMs = 5000, longestMs = 60_000): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-learn-test-'))
  const steps: string[] = []
  try {
    execFileSync('git', ['init', '-q'], { cwd: dir })
    writeFileSync(join(dir, 'colours'), 'red\ngreen\nblue\n')
    const chapter = readChapter('09-toy.md', page(third))
    await runChapter(chapter, {
      dir,
      env: process.env,
      timeoutMs,
      longestMs,
      onStep: (title) => steps.push(title)
    })
    return steps
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

describe('a chapter', () => {
  it('is green when everything is seen as it says', async () => {
    const steps = await run(
      [
        sh('colour=red; paint() { echo "painted $colour"; }'),
        sh('paint; echo $$') + '\n\nYou will see:' + text('painted red\n…'),
        sh('echo "a secret number: $RANDOM"') + text('a secret number: …'),
        sh('ls missing', 'sh exit=2') + text('…missing…'),
        '```diff\n--- a/colours\n+++ b/colours\n@@ -1,3 +1,3 @@\n red\n-green\n+yellow\n blue\n```',
        'And `notes/one.txt`:\n\n```text file=notes/one.txt\nhello\n```',
        sh('cat colours notes/one.txt') + text('red\nyellow\nblue\nhello'),
        sh('rm -r notes')
      ].join('\n\n')
    )
    assert.deepEqual(steps.slice(0, 3), ['Start', '1. Step 1', '2. Step 2'])
    assert.equal(steps.at(-1), 'You now know')
  })

  it('is red where something else is seen, naming chapter, step, line, expected and found', async () => {
    const wrong = run(sh('echo one; echo two') + text('one\nthree'))
    await assert.rejects(wrong, (error: Error) => {
      assert.match(error.message, /chapter 09, step “3\. Step 3”, block at line 33/)
      assert.match(error.message, /expected line 2: three\nfound line 2: two/)
      return true
    })
  })

  it('is red when a block fails, also in its middle, and when one that should fail does not', async () => {
    await assert.rejects(run(sh('false')), /expected exit code 0, found 1/)
    await assert.rejects(run(sh('ls /missing\necho done')), /a command within it ended with 2.*No such file.*done/s)
    await assert.rejects(run(sh('true', 'sh exit=1')), /expected exit code 1, found 0/)
    await assert.rejects(run(sh('exit 3')), /the shell ended with 3/)
  })

  it('repeats a block until it is seen, and is red when it never is', async () => {
    const counts = 'n=$((n + 1)); echo "$n"'
    await run(sh(counts, 'sh again') + text('3'))
    await assert.rejects(run(sh(counts, 'sh again') + text('0'), 1200), /expected line 1: 0\nfound line 1: /)
  })

  it('is red when a block hangs, with what it printed, and ends what hangs', async () => {
    const hanging = run(sh('echo $$ begun; sleep 600'), 1000)
    const message = await hanging.then(
      () => assert.fail('it came back'),
      (error: Error) => error.message
    )
    const [, pid] = /did not come back within 1000 ms; so far it printed\n(\d+) begun/.exec(message) ?? []
    assert.ok(pid !== undefined, message)
    assert.ok(!existsSync(`/proc/${pid}/exe`))
  })

  it('ends what it runs when it is ended itself, and waits for what that puts away', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-learn-test-'))
    try {
      execFileSync('git', ['init', '-q'], { cwd: dir })
      const code = `trap 'sleep 1; echo away > away; exit' TERM; echo $$ > begun; sleep 600 & wait`
      const chapter = readChapter('09-toy.md', page(sh(`bash -c "${code.replaceAll('$', '\\$')}"`)))
      const ending = new AbortController()
      const timer = setInterval(() => existsSync(join(dir, 'begun')) && ending.abort(), 50)
      const options = { dir, env: process.env, timeoutMs: 60_000, longestMs: 60_000, onStep: () => undefined }
      await assert.rejects(runChapter(chapter, { ...options, signal: ending.signal }), /the shell ended/)
      clearInterval(timer)
      assert.ok(existsSync(join(dir, 'away')))
      assert.ok(!existsSync(`/proc/${readFileSync(join(dir, 'begun'), 'utf8').trim()}/exe`))
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })

  it('is red when it leaves something behind: a file, a change, a branch', async () => {
    await assert.rejects(run('As `notes/one.txt`:\n\n```text file=notes/one.txt\nhello\n```'), /as it was.*notes\/one/s)
    await assert.rejects(run(sh('git add colours')), /found\n## No commits yet on .*\nA {2}colours/)
    await assert.rejects(run(sh('git switch -q -c mine')), /found\n## No commits yet on mine/)
  })

  it('is red when it takes longer than it may', async () => {
    await assert.rejects(run(sh('sleep 1'), 5000, 900), /expected at most 1 s, it took \d+ s/)
  })

  it('is red when an edit does not fit', async () => {
    await assert.rejects(
      run('```diff\n--- a/colours\n+++ b/colours\n@@ -1 +1 @@\n-black\n+white\n```'),
      /the edit does not fit:\n.*colours/s
    )
  })
})
