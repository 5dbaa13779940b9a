import type { Settings } from './settings.ts'

/** The lines between which a README keeps its settings. */
const tableMarkers = { begin: '<!-- settings -->', end: '<!-- /settings -->' } as const

/** The declaration as a Markdown table: one row a setting, in the order of the declaration. */
export function settingsTable(declaration: Settings): string {
  const rows = Object.entries(declaration).map(([name, { type, doc, secret, required, defaultText }]) => {
    const names = secret ? `\`${name}\` or \`${name}_FILE\`` : `\`${name}\``
    const fallback = defaultText === null ? (required ? '**required**' : '') : `\`${defaultText}\``
    return `| ${names} | ${type} | ${fallback} | ${doc.replaceAll('|', '\\|')} |`
  })
  return ['| setting | type | default | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** The README with its table replaced by that of the declaration. Throws when it has no markers. */
export function withSettingsTable(readme: string, declaration: Settings): string {
  const begin = readme.indexOf(tableMarkers.begin)
  const end = readme.indexOf(tableMarkers.end)
  if (begin === -1 || end < begin)
    throw new Error(`no settings table between ${tableMarkers.begin} and ${tableMarkers.end}`)
  return `${readme.slice(0, begin + tableMarkers.begin.length)}\n${settingsTable(declaration)}\n${readme.slice(end)}`
}
