import { connect } from 'node:net'

/** One command on a connection of its own; the answer as lines, without their types. */
export type RedisClient = (...command: string[]) => Promise<readonly string[]>

/** Just enough of Redis's protocol to do it harm. */
export function openRedis(port: number, password: string): RedisClient {
  return (...command) =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      let text = ''
      const finish = (): void => {
        socket.destroy()
        const lines = text.split('\r\n').filter((line) => line !== '' && !/^[*$]/.test(line))
        const [login, ...answer] = lines
        if (login !== '+OK' || answer[0]?.startsWith('-')) reject(new Error(`redis: ${lines.join(' ')}`))
        else resolve(answer.map((line) => line.replace(/^[+:]/, '')))
      }
      socket.setTimeout(30_000, () => socket.destroy(new Error('redis does not answer')))
      socket.once('error', reject)
      socket.on('data', (chunk) => (text += chunk.toString()))
      socket.once('end', finish)
      socket.write([['AUTH', password], command, ['QUIT']].map(encode).join(''))
    })
}

function encode(words: readonly string[]): string {
  return [`*${words.length}`, ...words.flatMap((word) => [`$${Buffer.byteLength(word)}`, word]), ''].join('\r\n')
}
