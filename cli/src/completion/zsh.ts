import type { Offer, Offers } from './offers.ts'

/** A script for zsh that completes `sluice`, with a line about each command and option. */
export function zshCompletion(commands: readonly Offers[]): string {
  return `#compdef sluice
# Completion of sluice for zsh, made by: sluice completion zsh
_sluice() {
  local -a commands=(
${commands.map(({ name, summary }) => `    ${quote(`${name}:${escape(summary)}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  shift words
  (( CURRENT -= 1 ))
  case $words[1] in
${commands.map(commandCase).join('\n')}
  esac
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _sluice sluice
`
}

function commandCase({ name, options, operands }: Offers): string {
  const specs = [
    ...options.map(({ name: option, help, isMultiple, value }) => {
      const words = value === null ? '' : `:${escape(value.name)}:${action(value.offer)}`
      return `${isMultiple ? '*' : ''}--${option}[${escape(help)}]${words}`
    }),
    ...operands.map((operand, index) => `${index + 1}:${operand.name}:${action(operand.offer)}`)
  ]
  return `    ${name}) _arguments ${specs.map(quote).join(' ')} ;;`
}

function action(offer: Offer): string {
  if (offer === 'nothing') return ' '
  if (offer === 'folder') return '_files -/'
  if (offer === 'file') return '_files'
  return `(${offer.join(' ')})`
}

/** What has a meaning in a specification of `_arguments`. */
function escape(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, String.raw`\$&`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
