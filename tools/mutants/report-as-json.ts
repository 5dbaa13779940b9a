import { inspect } from 'node:util'
import type { TestEvent } from 'node:test/reporters'

/** What became of one test. */
export interface TestResult {
  readonly name: string
  readonly passed: boolean
  /** Everything that the failure says of itself; empty for a test that passed. */
  readonly failure: string
}

/** A reporter of node:test: a line of JSON for every test that is not a suite. */
export default async function* reportAsJson(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { name, details, skip } = event.data
    if (details.type === 'suite' || skip !== undefined) continue
    const failure = event.type === 'test:fail' ? inspect(event.data.details.error, { depth: 5 }) : ''
    yield `${JSON.stringify({ name, passed: event.type === 'test:pass', failure } satisfies TestResult)}\n`
  }
}
