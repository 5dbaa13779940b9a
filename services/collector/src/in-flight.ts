/** Bytes that the collector holds for requests and records: the bound of its memory. */
export interface InFlight {
  /** Takes room, or says that there is none. What is taken must be released. */
  take(bytes: number): boolean
  release(bytes: number): void
  hasRoom(bytes: number): boolean
  /** Calls back once, in a turn of its own, when something has been released. */
  onceReleased(callback: () => void): void
  held(): number
}

/** Above `maxBytes` nothing more is taken. */
export function createInFlight(maxBytes: number): InFlight {
  let held = 0
  let waiting: (() => void)[] = []
  const hasRoom = (bytes: number) => held + bytes <= maxBytes
  return {
    hasRoom,
    take(bytes) {
      if (!hasRoom(bytes)) return false
      held += bytes
      return true
    },
    release(bytes) {
      held -= bytes
      for (const callback of waiting) setImmediate(callback)
      waiting = []
    },
    onceReleased: (callback) => void waiting.push(callback),
    held: () => held
  }
}
