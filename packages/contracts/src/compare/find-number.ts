import { boundsOf, typeOf, type SchemaNode } from '../schema-node.ts'
import { holdsScalar } from './holds.ts'

/**
 * A number that the writer's schema allows and the reader's does not; null: there is none. Reader null: any.
 * Both allow a range, of whole numbers or of doubles, or a list. So a difference of ranges shows at the ends of the
 * writer's one, or at a fraction beside them; and one from a list of n among any n + 1 numbers.
 */
export function findNumber(writer: SchemaNode, reader: SchemaNode | null): number | null {
  for (const value of candidates(writer, reader)) {
    if (isNumberOfJson(value) && holdsScalar(writer, value) && (reader === null || !holdsScalar(reader, value)))
      return value
  }
  return null
}

function* candidates(writer: SchemaNode, reader: SchemaNode | null): Generator<number> {
  if (writer.const !== undefined || writer.enum !== undefined) {
    yield* [writer.const ?? writer.enum].flat().filter((value) => typeof value === 'number')
    return
  }
  const { min, max } = boundsOf(writer)
  const [low, high] = typeOf(writer) === 'integer' ? [Math.ceil(min), Math.floor(max)] : [min, max]
  yield* [low, high]
  // Whole numbers read better than the doubles beside a bound that is not included itself.
  yield* [Math.floor(min) + 1, Math.ceil(max) - 1, (min + max) / 2, 0.5, -0.5]
  const listed = reader?.enum?.length ?? (reader?.const === undefined ? 0 : 1)
  for (let n = 0, whole = Math.ceil(min); n <= listed + 1; n++) yield whole + n
  for (let n = 0, up = low, down = high; n <= listed + 1; n++) {
    up = nextNumber(up)
    down = -nextNumber(-down)
    yield up
    yield down
  }
}

const unsafe = 2 ** 53
const exponential = 1e21

/** A double that an event may hold: JSON spells those between 2^53 and 1e21 as integers, which are refused there. */
function isNumberOfJson(value: number): boolean {
  const size = Math.abs(value)
  return size < unsafe || (size >= exponential && size < Infinity)
}

/** The next larger double that an event may hold. */
function nextNumber(value: number): number {
  if (value >= unsafe - 1 && value < exponential) return exponential
  if (value >= -exponential && value < 1 - unsafe) return 1 - unsafe
  if (value === 0) return Number.MIN_VALUE
  const bits = new BigInt64Array([0n])
  const double = new Float64Array(bits.buffer)
  double[0] = value
  bits[0]! += value > 0 ? 1n : -1n
  return double[0]
}
