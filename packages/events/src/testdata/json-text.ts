import fc from 'fast-check'

/** JSON as it is written, doubled keys, spellings of numbers and escapes included. */
export type Node =
  | { readonly kind: 'word'; readonly text: 'null' | 'true' | 'false' }
  | { readonly kind: 'number'; readonly literal: string }
  | { readonly kind: 'string'; readonly text: Text }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [Text, Node])[]; readonly space: string }

interface Text {
  readonly units: string
  /** Spelled as `\uXXXX` throughout. */
  readonly isEscaped: boolean
}

const anyUnits = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'data',
    '',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'a/b~c',
    '"\\',
    '\ud800',
    '\udc00',
    '😀'
  ),
  fc.string({ unit: 'binary', maxLength: 11 })
)
const anyText: fc.Arbitrary<Text> = fc.record({ units: anyUnits, isEscaped: fc.boolean() })

const anyDigits = fc.stringMatching(/^(?:0|[1-9][0-9]{0,20})$/)
const anyLiteral = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('', '-'),
      anyDigits,
      fc.stringMatching(/^(?:\.[0-9]{1,20})?$/),
      fc.stringMatching(/^(?:[eE][+-]?[0-9]{1,3})?$/)
    )
    .map((parts) => parts.join('')),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer({ min: -3, max: 3 }).map((n) => String(2n ** 53n + BigInt(n)))
)

const { node } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.record({
      kind: fc.constant('word' as const),
      text: fc.constantFrom('null' as const, 'true' as const, 'false' as const)
    }),
    fc.record({ kind: fc.constant('number' as const), literal: anyLiteral }),
    fc.record({ kind: fc.constant('string' as const), text: anyText }),
    fc.record({ kind: fc.constant('array' as const), items: fc.array(tie('node'), { maxLength: 4 }) }),
    fc.record({
      kind: fc.constant('object' as const),
      members: fc.array(fc.tuple(anyText, tie('node')), { maxLength: 4 }),
      space: fc.constantFrom('', ' ', '\n\t', '\r')
    })
  )
}))

export const anyNode: fc.Arbitrary<Node> = node

export function render(node: Node): string {
  switch (node.kind) {
    case 'word':
      return node.text
    case 'number':
      return node.literal
    case 'string':
      return renderText(node.text)
    case 'array':
      return `[${node.items.map(render).join(',')}]`
    default: {
      const { space } = node
      const members = node.members.map(([key, value]) => `${space}${renderText(key)}${space}:${space}${render(value)}`)
      return `{${members.join(`${space},`)}${space}}`
    }
  }
}

function renderText({ units, isEscaped }: Text): string {
  if (!isEscaped) return JSON.stringify(units)
  const escapes = Array.from(
    { length: units.length },
    (_, i) => `\\u${units.charCodeAt(i).toString(16).padStart(4, '0')}`
  )
  return `"${escapes.join('')}"`
}

/** The oracle: whether every value of the text is still the same after JSON.parse and JSON.stringify, in exact arithmetic. */
export function isKept(node: Node): boolean {
  switch (node.kind) {
    case 'word':
      return true
    case 'number':
      return isNumberKept(node.literal)
    case 'string':
      return isTextKept(node.text)
    case 'array':
      return node.items.every(isKept)
    default: {
      const keys = node.members.map(([key]) => key.units)
      const isDoubled = new Set(keys).size < keys.length
      const isForbidden = keys.some((key) => ['__proto__', 'constructor', 'prototype'].includes(key))
      return !isDoubled && !isForbidden && node.members.every(([key, value]) => isTextKept(key) && isKept(value))
    }
  }
}

function isTextKept({ units }: Text): boolean {
  return units.isWellFormed() && !units.includes('\0')
}

const integer = /^-?\d+$/

function isNumberKept(literal: string): boolean {
  const written = JSON.stringify(JSON.parse(literal))
  if (written === 'null') return false
  const isBig = Math.abs(Number(literal)) >= 2 ** 53
  if (isBig && (integer.test(literal) || integer.test(written))) return false
  const [a, b] = [exact(literal), exact(written)]
  const shared = Math.min(a.exponent, b.exponent)
  return a.mantissa * 10n ** BigInt(a.exponent - shared) === b.mantissa * 10n ** BigInt(b.exponent - shared)
}

function exact(literal: string): { mantissa: bigint; exponent: number } {
  const [, digits, fraction = '', exponent = '0'] = /^(-?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal)!
  const sign = digits!.startsWith('-') ? -1n : 1n
  return { mantissa: sign * BigInt(digits!.replace('-', '') + fraction), exponent: Number(exponent) - fraction.length }
}
