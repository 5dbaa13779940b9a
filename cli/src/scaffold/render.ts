import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const templates = join(import.meta.dirname, 'templates')
const suffix = '.txt'

/**
 * The files of a folder of templates, by path within it, with `{{name}}` replaced by its value. They end with `.txt`, so
 * that nobody takes them for code of ours before they are.
 */
export function renderFolder(folder: string, values: Readonly<Record<string, string>>): Map<string, string> {
  const files = readdirSync(join(templates, folder), { recursive: true, encoding: 'utf8' })
  return new Map(
    files
      .filter((file) => file.endsWith(suffix))
      .toSorted()
      .map((file) => [
        file.slice(0, -suffix.length),
        render(readFileSync(join(templates, folder, file), 'utf8'), values)
      ])
  )
}

/** Throws for a name that has no value: a template and its values belong together. */
export function render(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`a template asks for ${name}, which has no value`)
    return value
  })
}
