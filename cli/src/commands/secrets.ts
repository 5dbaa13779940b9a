import { UsageError, type Command } from '../command.ts'
import { makeSecrets } from '../secrets.ts'

export const secrets: Command = {
  name: 'secrets',
  summary: 'makes the secrets of the platform that are not there yet',
  options: { dir: { type: 'string', value: 'DIR', help: 'folder for the files; must be given', completes: 'folder' } },
  examples: ['secrets --dir secrets'],
  async run({ dir }) {
    if (typeof dir !== 'string') throw new UsageError('--dir is missing')
    const written = await makeSecrets({ dir })
    console.log(written.length === 0 ? `nothing to do in ${dir}` : `made in ${dir}: ${written.join(', ')}`)
    return 0
  }
}
