import type { Command } from '../run-command.ts'

export const bucket: Command = {
  name: 'bucket',
  summary: 'makes the bucket of the lake if it is not there',
  options: {},
  help: {},
  run: async () => 0
}
