import { join } from 'node:path'
import { repoRoot } from '@sluice/testkit'
import { UsageError, type Command } from '../command.ts'
import { bashCompletion } from '../completion/bash.ts'
import { fishCompletion } from '../completion/fish.ts'
import { offersOf } from '../completion/offers.ts'
import { zshCompletion } from '../completion/zsh.ts'
import { readCompose } from '../compose/read-compose.ts'

export const completion: Command = {
  name: 'completion',
  summary: 'prints what lets a shell complete sluice; cli/README.md says where to put it',
  operands: [{ name: 'shell', help: 'which', choices: ['bash', 'zsh', 'fish'] }],
  options: {},
  examples: ['completion bash'],
  async run({ shell }) {
    if (shell === undefined) throw new UsageError('for which shell? Expected bash, zsh or fish')
    // Here, because that one imports this one.
    const { loadCommands } = await import('../run-command.ts')
    const { services } = readCompose(join(repoRoot, 'docker-compose.yml'), process.env)
    const running = [...services.values()].filter(({ restart }) => restart === 'unless-stopped')
    const offers = offersOf(
      await loadCommands(),
      running.map(({ name }) => name)
    )
    process.stdout.write(printers[shell as keyof typeof printers](offers))
    return 0
  }
}

const printers = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }
