/** Tensor datatypes of the Open Inference Protocol that models here may use. */
export type Datatype = 'FP32' | 'FP64' | 'INT32' | 'INT64' | 'BOOL'

/** One input or output of a model. */
export interface TensorSpec {
  readonly name: string
  readonly datatype: Datatype
  /** The first dimension is the batch, `-1`. */
  readonly shape: readonly number[]
  /** Outputs: the values that make sense. Anything else is answered as NaN. */
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
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** In the order of the columns of the first input. */
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
  for (const side of ['inputs', 'outputs'] as const) {
    const tensors = value[side]
    expect(Array.isArray(tensors) && tensors.length > 0, `/${side}`, 'a list of tensors', tensors)
    if (Array.isArray(tensors)) tensors.forEach((tensor: unknown, i) => checkTensor(tensor, `/${side}/${i}`, expect))
  }
  const features = value['features']
  expect(Array.isArray(features) && features.length > 0, '/features', 'a list of features', features)
  if (Array.isArray(features)) {
    features.forEach((feature: unknown, i) => checkFeature(feature, `/features/${i}`, expect))
    const width = firstInputWidth(value['inputs'])
    expect(width === features.length, '/inputs/0/shape', `[-1, ${features.length}], one column per feature`, width)
  }
  return problems
}

type Expect = (holds: boolean, path: string, expected: string, found: unknown) => void

const datatypes: readonly unknown[] = ['FP32', 'FP64', 'INT32', 'INT64', 'BOOL'] satisfies Datatype[]

function checkTensor(tensor: unknown, path: string, expect: Expect) {
  if (!isObject(tensor)) return expect(false, path, 'an object', tensor)
  const { name, datatype, shape, range } = tensor
  expect(matches(name, /^[A-Za-z0-9_.:/-]{1,128}$/), `${path}/name`, 'a tensor name', name)
  expect(datatypes.includes(datatype), `${path}/datatype`, datatypes.join(', '), datatype)
  const sized = Array.isArray(shape) && shape[0] === -1 && shape.slice(1).every((n) => Number.isSafeInteger(n) && n > 0)
  expect(sized, `${path}/shape`, '[-1, …sizes of one row]', shape)
  const ranged =
    range === undefined ||
    (Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1])
  expect(ranged, `${path}/range`, '[lowest, highest]', range)
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

function firstInputWidth(inputs: unknown): unknown {
  const first: unknown = Array.isArray(inputs) ? inputs[0] : undefined
  const shape = isObject(first) ? first['shape'] : undefined
  return Array.isArray(shape) && shape.length === 2 ? shape[1] : shape
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
