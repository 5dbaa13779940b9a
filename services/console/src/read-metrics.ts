/** One line of the Prometheus text format. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Reads the samples of our own metrics; anything else in the text is passed over. */
export function readMetrics(text: string): Sample[] {
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    if (!line.startsWith('sluice_')) continue
    const match = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)/.exec(line)
    if (match === null) continue
    const [, name = '', labels = '', value] = match
    samples.push({ name, labels: labels === '' ? {} : readLabels(labels), value: Number(value) })
  }
  return samples
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(/([a-z0-9_]+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name] = value.replaceAll(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
  }
  return labels
}
