import { once } from 'node:events'
import { connect } from 'node:net'

/** Sends commands to a Redis as a person with a terminal would; returns the raw replies. No reply may hold a line break. */
export async function redisCommands(
  { port, settings }: { readonly port: number; readonly settings: { readonly password: string } },
  ...commands: readonly string[]
): Promise<string[]> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  await once(socket, 'connect')
  socket.write([`AUTH ${settings.password}`, ...commands, 'QUIT'].map((command) => `${command}\r\n`).join(''))
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  const [authenticated, ...replies] = text.split('\r\n')
  if (authenticated !== '+OK') throw new Error(`redis says ${authenticated}`)
  return replies.slice(0, commands.length)
}
