/** An AsyncDisposableStack that knows what on it is still open, by name, so that a stop that hangs can say where. */
export class OpenStack extends AsyncDisposableStack {
  readonly #open: string[] = []

  /** Names of what has not been released yet, the next to be released first. */
  open(): readonly string[] {
    return this.#open.toReversed()
  }

  override use<T extends AsyncDisposable | Disposable | null | undefined>(value: T, name = nameOf(value)): T {
    if (value === null || value === undefined) return value
    this.defer(() => (Symbol.asyncDispose in value ? value[Symbol.asyncDispose]() : value[Symbol.dispose]()), name)
    return value
  }

  override adopt<T>(value: T, release: (value: T) => PromiseLike<void> | void, name = nameOf(value)): T {
    this.defer(() => release(value), name)
    return value
  }

  override defer(release: () => PromiseLike<void> | void, name = release.name || 'something unnamed'): void {
    this.#open.push(name)
    super.defer(async () => {
      try {
        await release()
      } finally {
        this.#open.splice(this.#open.lastIndexOf(name), 1)
      }
    })
  }
}

/** The error that was thrown first while a stack was released; the later ones are suppressed by it. */
export function firstError(error: unknown): unknown {
  return error instanceof SuppressedError ? firstError(error.suppressed) : error
}

function nameOf(value: unknown): string {
  const name = (value as { constructor?: { name?: string } } | null)?.constructor?.name
  return name === undefined || name === 'Object' ? 'something unnamed' : name
}
