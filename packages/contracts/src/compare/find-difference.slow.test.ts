import { describe, it } from 'node:test'
import { judgePairs } from './testdata/judge-pairs.ts'

describe('findDifference, at length', () => {
  it('is right about 5,000 random pairs of schemas (P15)', () => judgePairs(5000))
})
