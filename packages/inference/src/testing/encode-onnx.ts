/** One operator of a graph. */
interface TestNode {
  readonly operator: string
  readonly domain?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

export interface TestGraph {
  readonly nodes: readonly TestNode[]
  readonly tensors?: readonly Buffer[]
  /** Name and columns; float32, any number of rows. */
  readonly input: { readonly name: string; readonly columns: number }
  readonly output: { readonly name: string; readonly columns: number }
}

/** `probability = sigmoid(features · weights)`, as an ONNX file. */
export function encodeLogistic(weights: readonly number[]): Buffer {
  return encodeOnnx({
    nodes: [
      { operator: 'MatMul', inputs: ['features', 'weights'], outputs: ['score'] },
      { operator: 'Sigmoid', inputs: ['score'], outputs: ['probability'] }
    ],
    tensors: [encodeTensor('weights', [weights.length, 1], weights)],
    input: { name: 'features', columns: weights.length },
    output: { name: 'probability', columns: 1 }
  })
}

/** An ONNX file (ModelProto, IR 8, opset 15). Field numbers of onnx/onnx.proto. */
export function encodeOnnx({ nodes, tensors = [], input, output }: TestGraph): Buffer {
  const graph = [
    ...nodes.map((node) => bytesField(1, encodeNode(node))),
    textField(2, 'test'),
    ...tensors.map((tensor) => bytesField(5, tensor)),
    bytesField(11, encodeValue(input.name, input.columns)),
    bytesField(12, encodeValue(output.name, output.columns))
  ]
  return Buffer.concat([intField(1, 8), bytesField(7, Buffer.concat(graph)), bytesField(8, intField(2, 15))])
}

/** A float32 tensor; with `location` its data is said to be in that file. */
export function encodeTensor(name: string, dims: readonly number[], values: readonly number[], location?: string) {
  const entry = (key: string, value: string) => bytesField(13, Buffer.concat([textField(1, key), textField(2, value)]))
  return Buffer.concat([
    ...dims.map((size) => intField(1, size)),
    intField(2, 1),
    textField(8, name),
    ...(location === undefined
      ? [bytesField(9, Buffer.from(Float32Array.from(values).buffer))]
      : [entry('location', location), intField(14, 1)])
  ])
}

function encodeNode({ operator, domain, inputs, outputs }: TestNode): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(4, operator),
    ...(domain === undefined ? [] : [textField(7, domain)])
  ])
}

function encodeValue(name: string, columns: number): Buffer {
  const shape = [bytesField(1, textField(2, 'rows')), bytesField(1, intField(1, columns))]
  const tensor = Buffer.concat([intField(1, 1), bytesField(2, Buffer.concat(shape))])
  return Buffer.concat([textField(1, name), bytesField(2, bytesField(1, tensor))])
}

function intField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)])
}

function textField(number: number, text: string): Buffer {
  return bytesField(number, Buffer.from(text))
}

function bytesField(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128)
  return Buffer.from([...bytes, value])
}
