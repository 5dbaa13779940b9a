import { isInt64, isStrictDate, isStrictDateTime, ok, pointerTo, reject, type Checked } from '@sluice/events'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'

/**
 * A validator of our own: strict, and it changes nothing. No types are coerced, no defaults filled in, no properties
 * removed, no `$data`, one error at a time (all errors at once would let a hostile event choose how much we work).
 */
export function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, allErrors: false, unicodeRegExp: true, ownProperties: true })
  ajv.addFormat('date-time', { type: 'string', validate: isStrictDateTime })
  ajv.addFormat('date', { type: 'string', validate: isStrictDate })
  ajv.addFormat('int64', { type: 'string', validate: isInt64 })
  ajv.addKeyword({ keyword: 'x-contract', schemaType: 'object' })
  return ajv
}

/** Compiles the schema of `data` into the check of a contract. Throws what Ajv throws at a bad schema. */
export function compileValidator(ajv: Ajv2020, schema: object): (data: unknown) => Checked<unknown> {
  const validate = ajv.compile(schema)
  return function checkData(data) {
    if (validate(data)) return ok(data)
    const error = validate.errors![0]!
    const pointer = pointerOf(error)
    return reject('contract', pointer, `${pointer}: ${describeError(error)}`)
  }
}

/** A missing or a surplus property is named itself, not the object around it. */
function pointerOf({ keyword, instancePath, params }: ErrorObject): string {
  const parent = `/data${instancePath}`
  if (keyword === 'required') return pointerTo(parent, String(params['missingProperty']))
  if (keyword === 'additionalProperties') return pointerTo(parent, String(params['additionalProperty']))
  return parent
}

/** Says what the contract expected. What was found stays out: it may be personal, and this goes into headers and logs. */
function describeError({ keyword, params }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return 'expected a value, found none'
    case 'additionalProperties':
      return 'expected no such property, found one'
    case 'type':
      return `expected ${[params['type']].flat().join(' or ')}, found another type`
    case 'format':
      return `expected the format ${params['format']}, found other text`
    case 'pattern':
      return `expected text that matches ${params['pattern']}, found other text`
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `expected a number ${params['comparison']} ${params['limit']}, found another`
    case 'maxLength':
    case 'minLength':
      return `expected ${keyword === 'maxLength' ? 'at most' : 'at least'} ${params['limit']} characters, found ${keyword === 'maxLength' ? 'more' : 'fewer'}`
    case 'maxItems':
    case 'minItems':
      return `expected ${keyword === 'maxItems' ? 'at most' : 'at least'} ${params['limit']} items, found ${keyword === 'maxItems' ? 'more' : 'fewer'}`
    default:
      return `expected one of the values of the contract, found another`
  }
}
