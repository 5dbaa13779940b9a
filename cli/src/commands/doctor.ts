import { join } from 'node:path'
import { isAlive, repoRoot } from '@sluice/testkit'
import type { Command } from '../command.ts'
import { dataDirOf, dataDirOption } from '../data-dir.ts'

export const doctor: Command = {
  name: 'doctor',
  summary: 'looks at this machine and at the platform that runs, and says what to do',
  options: {
    json: { type: 'boolean', help: 'as JSON' },
    'compose-file': {
      type: 'string',
      value: 'FILE',
      help: 'what is to run',
      default: 'docker-compose.yml',
      completes: 'file'
    },
    'data-dir': dataDirOption
  },
  exits: { 0: 'no problems; there may be warnings', 1: 'problems' },
  examples: ['doctor', 'doctor --json'],
  async run(values) {
    const { readCompose } = await import('../compose/read-compose.ts')
    const { checkMachine } = await import('../doctor/check-machine.ts')
    const { checkPlatform } = await import('../doctor/check-platform.ts')
    const { countOf, ok, printFindings } = await import('../doctor/finding.ts')
    const { readInstance } = await import('../platform/instance.ts')
    const dataDir = dataDirOf(values['data-dir'])
    const instance = readInstance(dataDir)
    const running = instance !== null && isAlive(instance.launcher) ? instance : null
    const composeFile = values['compose-file']
    const file = typeof composeFile === 'string' ? composeFile : join(repoRoot, 'docker-compose.yml')
    const findings = [
      ...(await checkMachine(readCompose(file, process.env), running !== null)),
      ...(running === null
        ? [ok('platform', `nothing runs on ${dataDir}; npm start starts it`)]
        : await checkPlatform(running))
    ]
    const problems = countOf(findings, 'problem')
    if (values['json'] === true) console.log(JSON.stringify({ ok: problems === 0, findings }, null, 2))
    else console.log(`${printFindings(findings)}\n\n${problems} problems, ${countOf(findings, 'warning')} warnings`)
    return problems === 0 ? 0 : 1
  }
}
