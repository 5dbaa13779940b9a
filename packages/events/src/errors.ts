/** A named dependency does not answer. The runtime waits, pauses and says so; it never dead-letters for it. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError'
  /** The dependency in one word, as it appears in `/readyz`: `kafka`, `s3`, `redis`, `enrichment-api`. */
  readonly dependency: string

  constructor(dependency: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.dependency = dependency
  }
}

/** The platform is set up in a way that this service must not run with. Exit 78 (sysexits' EX_CONFIG); only an operator can help. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  /** Every problem found, one sentence each: the thing, what was expected, what was found. */
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join('\n'), options)
    this.problems = problems
  }
}
