import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { repoRoot } from '@sluice/testkit'

/**
 * Runs the examples of a README as they are printed, in a folder that has `proto/`, and returns what they print. Where there is no grpcurl, a stand-in for it takes its place.
 */
export async function runExamples(readme: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-examples-'))
  try {
    symlinkSync(join(repoRoot, 'proto'), join(dir, 'proto'))
    mkdirSync(join(dir, 'bin'))
    const grpcurl = join(dir, 'bin/grpcurl')
    writeFileSync(grpcurl, `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'grpcurl.ts')}' "$@"\n`)
    chmodSync(grpcurl, 0o755)
    const env = { ...process.env, PATH: `${process.env['PATH']}${delimiter}${dir}/bin` }
    const { stdout } = await promisify(execFile)('bash', ['-ec', examplesOf(readme)], {
      cwd: dir,
      env,
      timeout: 60_000
    })
    return stdout
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** The shell blocks that call something or say where it is in containers; what starts the service is left out. */
function examplesOf(readme: string): string {
  const text = readFileSync(join(repoRoot, readme), 'utf8')
  const blocks = [...text.matchAll(/^```(?:sh)?\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')
  return blocks
    .filter((block) => /^(curl|\$GRPC|grpcurl|export) /m.test(block))
    .join('\n')
    .replace(/^node .*$/gm, '')
    .replace(/^curl /gm, 'curl -sS --max-time 20 ')
    .replace(/^((curl|\$GRPC)[\s\S]*?)(?=^curl |^\$GRPC |^$|(?![\s\S]))/gm, '$1\necho\n')
}
