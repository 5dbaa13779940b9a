import { describe, isObject, type Report } from './report.ts'

type Json = Readonly<Record<string, unknown>>

const classes = ['name', 'contact', 'identifier', 'birth', 'location', 'network', 'payment', 'health', 'none']

/** Words in a property's name that usually mean a person. Not a proof: a second look, asked for by name. */
const personalWords = new Set(
  (
    'email mail phone mobile fax firstname lastname surname forename birthday birthdate birth dob gender passport ssn ' +
    'iban card cvv street address postcode zip ip latitude longitude passenger customer user person patient salary'
  ).split(' ')
)

/**
 * Holds `x-contract.pii`, a map from JSON pointers into `data` to classes of personal data, against the schema. A
 * list adds nothing to a pointer. A property whose name sounds personal needs an entry; the class `none` says that
 * somebody looked and it is not.
 */
export function lintPersonalData(schema: Json, pii: unknown, report: Report): void {
  const at = '/x-contract/pii'
  if (!isObject(pii)) return report.problem(at, 'an object, empty where there is no personal data', describe(pii))
  const names = new Map<string, string>()
  collect(schema, '', names)
  for (const [pointer, found] of Object.entries(pii)) {
    const where = `${at}/${pointer.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!names.has(pointer)) report.problem(where, 'a pointer to a property', describe(pointer))
    if (!classes.includes(found as string)) report.problem(where, `one of ${classes.join(', ')}`, describe(found))
  }
  for (const [pointer, name] of names) {
    if (soundsPersonal(name) && !Object.hasOwn(pii, pointer)) {
      report.problem(at, `a class for ${pointer}, whose name sounds personal`, 'none')
    }
  }
}

function collect(node: unknown, pointer: string, names: Map<string, string>): void {
  if (!isObject(node)) return
  if (isObject(node['properties'])) {
    for (const [name, property] of Object.entries(node['properties'])) {
      names.set(`${pointer}/${name}`, name)
      collect(property, `${pointer}/${name}`, names)
    }
  }
  collect(node['items'], pointer, names)
}

function soundsPersonal(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_')
  return words.some((word, i) => personalWords.has(word) || personalWords.has(word + (words[i + 1] ?? '')))
}
