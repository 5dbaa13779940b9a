import type { Offer, Offers } from './offers.ts'

/** A script for fish that completes `sluice`, with a line about each command and option. */
export function fishCompletion(commands: readonly Offers[]): string {
  return `# Completion of sluice for fish, made by: sluice completion fish
complete -c sluice -e
complete -c sluice -f
${commands.flatMap(linesOf).join('\n')}
`
}

function linesOf({ name, summary, options, operands }: Offers): string[] {
  const here = `complete -c sluice -n '__fish_seen_subcommand_from ${name}'`
  return [
    `complete -c sluice -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ...options.map(({ name: option, help, value }) => {
      const takes = value === null ? '' : ` -x${offering(value.offer)}`
      return `${here} -l ${option}${takes} -d ${quote(help)}`
    }),
    // Words by their place: the first operand is the third token of the line.
    ...operands.flatMap(({ offer }, index) =>
      offer === 'nothing'
        ? []
        : [
            `complete -c sluice -n '__fish_seen_subcommand_from ${name}; and test (count (commandline -opc)) -eq ${index + 2}'${offering(offer)}`
          ]
    )
  ]
}

function offering(offer: Offer): string {
  if (offer === 'nothing') return ''
  if (offer === 'folder') return " -a '(__fish_complete_directories)'"
  if (offer === 'file') return " -a '(__fish_complete_path)'"
  return ` -a ${quote(offer.join(' '))}`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
