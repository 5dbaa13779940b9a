import type { Offer, Offers } from './offers.ts'

/** A script for bash that completes `sluice`. */
export function bashCompletion(commands: readonly Offers[]): string {
  return `# Completion of sluice for bash, made by: sluice completion bash
_sluice_words() { COMPREPLY=($(compgen -W "$1" -- "$word")); }
_sluice_paths() { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen "$1" -- "$word")); }
_sluice() {
  local word=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _sluice_words '${[...commands.map(({ name }) => name), '--help'].join(' ')}'
    return
  fi
  case "$command \${COMP_WORDS[COMP_CWORD - 1]}" in
${commands.flatMap(valueCases).join('\n')}
  esac
  if [[ $word != -* ]]; then
    case "$command $((COMP_CWORD - 1))" in
${commands.flatMap(operandCases).join('\n')}
    esac
  fi
  case $command in
${commands.map(optionCase).join('\n')}
  esac
}
complete -F _sluice sluice
`
}

function valueCases({ name, options }: Offers): string[] {
  return options.flatMap((option) =>
    option.value === null ? [] : [`    '${name} --${option.name}') ${offering(option.value.offer)}; return ;;`]
  )
}

function operandCases({ name, operands }: Offers): string[] {
  return operands.flatMap(({ offer }, index) =>
    offer === 'nothing' ? [] : [`      '${name} ${index + 1}') ${offering(offer)}; return ;;`]
  )
}

function optionCase({ name, options }: Offers): string {
  return `    ${name}) _sluice_words '${options.map((option) => `--${option.name}`).join(' ')}' ;;`
}

function offering(offer: Offer): string {
  if (offer === 'nothing') return ':'
  if (offer === 'folder') return '_sluice_paths -d'
  if (offer === 'file') return '_sluice_paths -f'
  return `_sluice_words '${offer.join(' ')}'`
}
