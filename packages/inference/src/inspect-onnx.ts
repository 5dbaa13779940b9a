/** What has to be known of a model file before onnxruntime may see it. */
export interface OnnxContent {
  /** Every operator used, also in nested graphs: `Gather`, `ai.onnx.ml:TreeEnsembleClassifier`. */
  readonly operators: ReadonlySet<string>
  /** Names of the tensors whose values are to be read from another file. */
  readonly externalTensors: readonly string[]
  /** Whether the model brings functions of its own. */
  readonly hasFunctions: boolean
}

/**
 * Reads the structure of an ONNX file (protobuf; field numbers of onnx/onnx.proto, ONNX IR 3 to 12).
 * Throws if the bytes are not one.
 */
export function inspectOnnx(bytes: Buffer): OnnxContent {
  const operators = new Set<string>()
  const externalTensors: string[] = []
  let graphs = 0
  let hasFunctions = false

  function visit(message: Kind, from: Buffer, depth: number) {
    if (depth > maxDepth) throw new Error(`graphs are nested deeper than ${maxDepth} levels`)
    const fields = readFields(from)
    const text = (number: number) => fields.findLast((field) => field.number === number)?.bytes?.toString('utf8') ?? ''
    if (message === 'graph') graphs++
    if (message === 'node') operators.add([text(7), text(4)].filter((part) => part !== '').join(':'))
    for (const { number, bytes: value, varint } of fields) {
      if (message === 'model' && number === 25) hasFunctions = true
      if (message === 'tensor' && (number === 13 || (number === 14 && varint !== 0))) externalTensors.push(text(8))
      const child = children[message][number]
      if (child !== undefined && value !== null) visit(child, value, depth + 1)
    }
  }

  visit('model', bytes, 0)
  if (graphs === 0) throw new Error('it has no graph')
  return { operators, externalTensors: [...new Set(externalTensors)], hasFunctions }
}

type Kind = 'model' | 'graph' | 'node' | 'attribute' | 'tensor' | 'sparseTensor' | 'function'

const maxDepth = 16

const children: Record<Kind, Record<number, Kind>> = {
  model: { 7: 'graph', 25: 'function' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparseTensor' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparseTensor', 23: 'sparseTensor' },
  tensor: {},
  sparseTensor: { 1: 'tensor', 2: 'tensor' },
  function: { 7: 'node' }
}

interface Field {
  readonly number: number
  /** Length-delimited fields only. */
  readonly bytes: Buffer | null
  /** Varint fields only; large values lose precision, which nothing here minds. */
  readonly varint: number | null
}

function readFields(bytes: Buffer): Field[] {
  const fields: Field[] = []
  let at = 0
  function varint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]
      if (byte === undefined || factor > 2 ** 63) throw new Error(`it is cut or garbled at byte ${at - 1}`)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  function take(length: number): Buffer {
    if (at + length > bytes.length) throw new Error(`it is cut: byte ${at + length} of ${bytes.length}`)
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    const wireType = tag % 8
    if (number === 0) throw new Error(`it is garbled at byte ${at}`)
    if (wireType === 0) fields.push({ number, bytes: null, varint: varint() })
    else if (wireType === 1) take(8)
    else if (wireType === 2) fields.push({ number, bytes: take(varint()), varint: null })
    else if (wireType === 5) take(4)
    else throw new Error(`it is garbled at byte ${at}`)
  }
  return fields
}
