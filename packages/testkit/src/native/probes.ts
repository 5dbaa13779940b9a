import { connect } from 'node:net'

/** True if something accepts TCP connections there. */
export function connectsTo(port: number, host = '127.0.0.1'): Promise<boolean> {
  return exchange(port, host, null, () => true)
}

/** True if a Kafka broker answers requests: its port opens a while before it does. */
export function answersKafka(port: number, host = '127.0.0.1'): Promise<boolean> {
  // ApiVersions, version 0, correlation id 7, no client id: 10 bytes after the length.
  const request = Buffer.from('0000000a0012000000000007ffff', 'hex')
  return exchange(port, host, request, (answer) => (answer.length < 10 ? null : answer.readInt32BE(4) === 7))
}

/** True if Redis has loaded its data and answers PING. */
export function answersRedis(port: number, password?: string, host = '127.0.0.1'): Promise<boolean> {
  const login = password === undefined ? '' : `AUTH ${password}\r\n`
  return exchange(port, host, Buffer.from(`${login}PING\r\n`), (answer) => {
    const lines = answer.toString().split('\r\n')
    return lines.length - 1 < (login === '' ? 1 : 2) ? null : lines.includes('+PONG')
  })
}

/** True if an HTTP server answers with a status of 2xx. */
export async function answersHttp(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

/** `judge` says null while the answer is too short to tell. */
function exchange(
  port: number,
  host: string,
  request: Buffer | null,
  judge: (answer: Buffer) => boolean | null
): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = Buffer.alloc(0)
    const socket = connect({ port, host })
    const end = (result: boolean): void => {
      socket.destroy()
      resolve(result)
    }
    socket.setTimeout(2000, () => end(false))
    socket.once('error', () => end(false))
    socket.once('close', () => end(false))
    socket.once('connect', () => (request === null ? end(true) : socket.write(request)))
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk])
      const result = judge(answer)
      if (result !== null) end(result)
    })
  })
}
