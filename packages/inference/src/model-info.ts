/** The input or the output of a model: one row of 32-bit floats per event. */
export interface TensorSpec {
  readonly name: string
  readonly datatype: 'FP32'
  /** `[-1, columns]`; -1 is the batch. */
  readonly shape: readonly [number, number]
  /** Output: the values that make sense. Anything else is answered as NaN. */
  readonly range?: readonly [number, number]
}

/** One column of the feature row: where its value is in the event, and what is made of it. */
export type Feature = { readonly name: string; readonly pointer: string } & Transform

export type Transform =
  /** The number itself; missing, null or not a number is NaN. */
  | { readonly transform: 'number' }
  /** The position of a text in the vocabulary; anything else, also a missing value, is -1. */
  | { readonly transform: 'code'; readonly vocabulary: readonly string[] }
  /** Minutes since local midnight, 0 to 1439; missing is NaN. */
  | { readonly transform: 'minute_of_day'; readonly timeZone: string }
  /** Local day of the week, Monday 0 to Sunday 6; missing is NaN. */
  | { readonly transform: 'weekday'; readonly timeZone: string }

/** The content of a model folder's `model.json`: what the model is and how its features come out of an event. */
export interface ModelInfo {
  /** Matches `^[a-z0-9-]{1,64}$`. */
  readonly name: string
  /** A whole number from 1, as text; the folder has the same name. */
  readonly version: string
  readonly description: string
  /** Of `model.onnx`, hex. */
  readonly sha256: string
  readonly inputs: readonly [TensorSpec]
  /** One column: the score. */
  readonly outputs: readonly [TensorSpec]
  /** In the order of the columns of the input. */
  readonly features: readonly Feature[]
  /** RFC 3339. */
  readonly created: string
  readonly trained_on: Readonly<Record<string, unknown>>
  readonly metrics: Readonly<Record<string, unknown>>
}

export const modelName = /^[a-z0-9-]{1,64}$/
export const modelVersion = /^[1-9][0-9]{0,8}$/

/** Says what is wrong with the content of a `model.json`, one sentence each; nothing means that it is a ModelInfo. */
export function problemsOfModelInfo(value: unknown): string[] {
  if (!isObject(value)) return ['model.json: expected an object']
  const problems: string[] = []
  const expect = (holds: boolean, path: string, expected: string, found: unknown) => {
    if (!holds) problems.push(`model.json ${path}: expected ${expected}, found ${show(found)}`)
  }
  expect(matches(value['name'], modelName), '/name', 'lower-case letters, digits and -, at most 64', value['name'])
  expect(matches(value['version'], modelVersion), '/version', 'a whole number from 1 as text', value['version'])
  expect(matches(value['sha256'], /^[0-9a-f]{64}$/), '/sha256', '64 hex digits', value['sha256'])
  expect(typeof value['description'] === 'string', '/description', 'text', value['description'])
  expect(typeof value['created'] === 'string', '/created', 'a date-time', value['created'])
  expect(isObject(value['trained_on']), '/trained_on', 'an object', value['trained_on'])
  expect(isObject(value['metrics']), '/metrics', 'an object', value['metrics'])
  const features: unknown[] = Array.isArray(value['features']) ? value['features'] : []
  expect(features.length > 0, '/features', 'a list of features', value['features'])
  features.forEach((feature, i) => checkFeature(feature, `/features/${i}`, expect))
  checkTensors(value['inputs'], features.length, '/inputs', expect)
  checkTensors(value['outputs'], 1, '/outputs', expect)
  return problems
}

type Expect = (holds: boolean, path: string, expected: string, found: unknown) => void

function checkTensors(tensors: unknown, columns: number, path: string, expect: Expect) {
  const tensor: unknown = Array.isArray(tensors) && tensors.length === 1 ? tensors[0] : undefined
  if (!isObject(tensor)) return expect(false, path, 'a list of one tensor', tensors)
  const { name, datatype, shape, range } = tensor
  expect(matches(name, /^[A-Za-z0-9_.:/-]{1,128}$/), `${path}/0/name`, 'a tensor name', name)
  expect(datatype === 'FP32', `${path}/0/datatype`, 'FP32', datatype)
  const sized = Array.isArray(shape) && shape.length === 2 && shape[0] === -1 && shape[1] === columns
  expect(sized, `${path}/0/shape`, `[-1,${columns}]`, shape)
  expect(range === undefined || isRange(range), `${path}/0/range`, '[lowest, highest]', range)
}

function isRange(range: unknown): boolean {
  return Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]
}

function checkFeature(feature: unknown, path: string, expect: Expect) {
  if (!isObject(feature)) return expect(false, path, 'an object', feature)
  const { name, pointer, transform, vocabulary, timeZone } = feature
  expect(matches(name, /^[a-z0-9_]{1,64}$/), `${path}/name`, 'a feature name', name)
  expect(matches(pointer, /^(\/([^~/]|~[01])*)+$/), `${path}/pointer`, 'a JSON pointer', pointer)
  switch (transform) {
    case 'number':
      return
    case 'code': {
      const texts = Array.isArray(vocabulary) && vocabulary.length > 0 && vocabulary.every((v) => typeof v === 'string')
      expect(
        texts && new Set(vocabulary).size === vocabulary.length,
        `${path}/vocabulary`,
        'distinct texts',
        vocabulary
      )
      return
    }
    case 'minute_of_day':
    case 'weekday':
      expect(isTimeZone(timeZone), `${path}/timeZone`, 'an IANA time zone', timeZone)
      return
    default:
      expect(false, `${path}/transform`, 'number, code, minute_of_day or weekday', transform)
  }
}

function isTimeZone(name: unknown): boolean {
  if (typeof name !== 'string') return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) instanceof Intl.DateTimeFormat
  } catch {
    return false
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
