import type { Command } from '../run-command.ts'

export const demo: Command = {
  name: 'demo',
  summary: 'replays some days on a platform of its own and checks that the account balances',
  options: {},
  help: {},
  run: async () => 1
}
