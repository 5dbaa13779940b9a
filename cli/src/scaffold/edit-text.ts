/**
 * Puts lines before the one that begins with `anchor` (the first behind `after`, if that is given). What is around them
 * stays as it is, comments too.
 */
export function insertBefore(
  file: string,
  text: string,
  insertion: string,
  { anchor, after = '' }: { readonly anchor: string; readonly after?: string }
): string {
  const from = after === '' ? 0 : text.indexOf(after)
  const at = from < 0 ? -1 : text.indexOf(`\n${anchor}`, from)
  if (at < 0) {
    const where = after === '' ? '' : ` behind "${after.trim()}"`
    throw new Error(
      `${file}: expected a line that begins with "${anchor.trim()}"${where}, to write before it; found none`
    )
  }
  return `${text.slice(0, at + 1)}${insertion}${text.slice(at + 1)}`
}

/** Puts a text behind the end of what `pattern` finds. */
export function insertBehind(file: string, text: string, insertion: string, pattern: RegExp): string {
  const found = pattern.exec(text)
  if (found === null) throw new Error(`${file}: expected ${pattern.source}, to write behind it; found nothing like it`)
  const at = found.index + found[0].length
  return `${text.slice(0, at)}${insertion}${text.slice(at)}`
}
