import { answer, refuse, type Answer, type Refusal } from './answer.ts'
import { cutBinary, splitBody } from './binary-tensors.ts'
import { readJson, readRaw } from './read-tensors.ts'
import type { InputTensor } from './score.ts'

export interface RestRequest {
  readonly id: string | undefined
  readonly inputs: readonly InputTensor[]
  readonly outputs: readonly string[]
  /** Whether the scores are wanted as raw bytes after the JSON. */
  readonly wantsBinary: boolean
}

/** Reads the body of an `/infer` request. */
export function readRestRequest(body: Buffer, jsonLength: string | undefined): Answer<RestRequest> {
  const split = splitBody(body, jsonLength)
  if (!split.ok) return split
  const value = parse(split.value.json)
  if (!isObject(value)) return invalid('expected a JSON object with inputs')
  const { id, inputs, outputs = [], parameters = {} } = value
  if (id !== undefined && typeof id !== 'string') return invalid('/id: expected text')
  if (!areNamed(inputs)) return invalid('/inputs: expected a list of tensors with a name')
  if (!areNamed(outputs)) return invalid('/outputs: expected a list of outputs with a name')
  if (!isObject(parameters)) return invalid('/parameters: expected an object')
  const pieces = cutBinary(split.value.binary, inputs.map(binarySize))
  if (!pieces.ok) return pieces
  return answer({
    id,
    inputs: inputs.map((input, i) => inputTensor(input, pieces.value[i] ?? null)),
    outputs: outputs.map(({ name }) => name),
    wantsBinary:
      outputs.length === 0
        ? parameters['binary_data_output'] === true
        : outputs.some((output) => parameter(output, 'binary_data') === true)
  })
}

type Named = Record<string, unknown> & { readonly name: string }

function inputTensor(input: Named, raw: Buffer | null): InputTensor {
  const { name, datatype, shape, data } = input
  return {
    name,
    datatype: typeof datatype === 'string' ? datatype : '',
    shape: Array.isArray(shape) ? shape.map(Number) : [],
    values: (count) => (raw === null ? readJson(name, data, count) : readRaw(name, raw, count))
  }
}

function binarySize(input: Named): number | null {
  const size = parameter(input, 'binary_data_size')
  return Number.isSafeInteger(size) && (size as number) >= 0 ? (size as number) : null
}

function parameter({ parameters }: Named, name: string): unknown {
  return isObject(parameters) ? parameters[name] : undefined
}

function areNamed(value: unknown): value is Named[] {
  return Array.isArray(value) && value.every((item) => isObject(item) && typeof item['name'] === 'string')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(json: Buffer): unknown {
  const text = json.toString('utf8')
  return parseStrict(text) ?? parseStrict(withoutNaN(text))
}

function parseStrict(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** tritonclient writes a missing value as `NaN`, which is no JSON, though Triton itself takes it: here as null. */
function withoutNaN(text: string): string {
  return text.replaceAll(/"(?:[^"\\]|\\.)*"|\bNaN\b/g, (found) => (found === 'NaN' ? 'null' : found))
}

function invalid(message: string): Refusal {
  return refuse('invalid_argument', message)
}
