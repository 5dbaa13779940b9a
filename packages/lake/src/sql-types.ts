import type { LakeType } from './types.ts'

/** A column type in DuckDB's words. */
function sqlType(type: LakeType): string {
  switch (type.kind) {
    case 'string':
      return 'VARCHAR'
    case 'long':
      return 'BIGINT'
    case 'integer':
      return 'INTEGER'
    case 'double':
      return 'DOUBLE'
    case 'boolean':
      return 'BOOLEAN'
    case 'timestamp':
      return 'TIMESTAMPTZ'
    case 'date':
      return 'DATE'
    case 'binary':
      return 'BLOB'
    case 'list':
      return `${sqlType(type.element)}[]`
    default:
      return `STRUCT(${type.fields.map((field) => `${sqlName(field.name)} ${sqlType(field.type)}`).join(', ')})`
  }
}

/** A name, quoted. */
export function sqlName(...path: readonly string[]): string {
  return path.map((part) => `"${part.replaceAll('"', '""')}"`).join('.')
}

/** A text, quoted. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function sqlList(texts: readonly string[]): string {
  return `[${texts.map(sqlText).join(', ')}]`
}

/** The columns of a declared `read_json`. */
export function sqlColumns(columns: readonly { readonly name: string; readonly type: LakeType }[]): string {
  return `{${columns.map(({ name, type }) => `${sqlText(name)}: ${sqlText(sqlType(type))}`).join(', ')}}`
}
