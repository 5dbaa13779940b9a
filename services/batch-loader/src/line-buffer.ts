/** Lines of bytes, gathered without an object per line. */
export interface LineBuffer {
  /** ASCII, then bytes as they are, then ASCII. */
  append(prefix: string, bytes: Buffer, suffix: string): void
  readonly length: number
  /** Everything so far, which is gone from here. */
  take(): Buffer
}

const firstBytes = 64 * 1024

export function createLineBuffer(): LineBuffer {
  let buffer = Buffer.alloc(0)
  let length = 0

  function makeRoom(bytes: number): void {
    if (length + bytes <= buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(firstBytes, 2 * buffer.length, length + bytes))
    buffer.copy(larger, 0, 0, length)
    buffer = larger
  }

  return {
    append(prefix, bytes, suffix) {
      makeRoom(prefix.length + bytes.length + suffix.length)
      length += buffer.write(prefix, length, 'latin1')
      length += bytes.copy(buffer, length)
      length += buffer.write(suffix, length, 'latin1')
    },
    get length() {
      return length
    },
    take() {
      const taken = buffer.subarray(0, length)
      buffer = Buffer.alloc(0)
      length = 0
      return taken
    }
  }
}
