import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Who listens on a TCP port of this machine, in words: `process 4711 (node server.js)`. */
export function portOwner(port: number): string {
  const inodes = listeningInodes(port)
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const link of openFiles(pid))
      if (inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '')) return `process ${pid} (${commandLine(pid)})`
  }
  return 'a process that cannot be seen from here'
}

/** Sockets in state LISTEN (0A), as in /proc/net/tcp: `sl local_address rem_address st … inode`. */
function listeningInodes(port: number): ReadonlySet<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => read(file).split('\n').slice(1))
  return new Set(
    lines
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && fields[1]?.split(':')[1] === wanted)
      .map((fields) => fields[9] ?? '')
  )
}

function openFiles(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return ''
      }
    })
  } catch {
    return []
  }
}

function commandLine(pid: string): string {
  const words = read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim()
  return words.length > 100 ? `${words.slice(0, 99)}…` : words
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
