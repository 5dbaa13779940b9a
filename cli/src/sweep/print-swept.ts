import type { SweptLake, SweptTable } from '@sluice/lake'

/** What a sweep did, or would do: a line for each table, one for the uploads, and the sum. */
export function printSwept(
  { tables, uploads }: SweptLake,
  { isDryRun, prefix }: { readonly isDryRun: boolean; readonly prefix: string }
): string {
  const verb = isDryRun ? 'would be deleted' : 'deleted'
  const width = Math.max(0, ...tables.map(({ table }) => table.length))
  const all = tables.flatMap(({ deleted }) => deleted)
  return [
    ...(tables.length === 0 ? [`there are no tables in ${prefix}`] : []),
    ...tables.map((one) => `${one.table.padEnd(width)}  ${lineOf(one, verb)}`),
    ...(uploads.aborted.length === 0 ? [] : [`uploads left open: ${uploads.aborted.length} ${verb}`]),
    ...(uploads.problem === null ? [] : [`uploads left alone: ${uploads.problem}`]),
    `${sizeOf(all)} ${verb}`
  ].join('\n')
}

function lineOf({ found, deleted, problem }: SweptTable, verb: string): string {
  if (problem === null) return `${sizeOf(deleted)} of ${found} ${verb}`
  return deleted.length === 0 ? `left alone: ${problem}` : `${sizeOf(deleted)} ${verb}, then: ${problem}`
}

function sizeOf(files: SweptTable['deleted']): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return `${files.length} ${files.length === 1 ? 'file' : 'files'} (${(bytes / 1e6).toFixed(1)} MB)`
}
