import type { Command, Completes } from '../command.ts'

/** What a shell offers for one word: these, what is in the folder, or nothing. */
export type Offer = readonly string[] | 'folder' | 'file' | 'nothing'

/** A command as a shell sees it. */
export interface Offers {
  readonly name: string
  readonly summary: string
  readonly options: readonly OptionOffer[]
  readonly operands: readonly { readonly name: string; readonly offer: Offer }[]
}

export interface OptionOffer {
  /** `data-dir` */
  readonly name: string
  readonly help: string
  readonly isMultiple: boolean
  /** Null: it takes no value. */
  readonly value: { readonly name: string; readonly offer: Offer } | null
}

/** What can be completed, from the declarations that parse it. */
export function offersOf(commands: readonly Command[], services: readonly string[]): readonly Offers[] {
  const offer = ({ choices, completes }: { choices?: readonly string[]; completes?: Completes }): Offer =>
    choices ?? (completes === 'service' ? services : (completes ?? 'nothing'))
  return commands.map(({ name, summary, operands = [], options }) => ({
    name,
    summary,
    operands: operands.map((one) => ({ name: one.name, offer: offer(one) })),
    options: [
      ...Object.entries(options).map(([option, one]) => ({
        name: option,
        help: one.help,
        isMultiple: one.multiple === true,
        value: one.type === 'boolean' ? null : { name: one.value ?? 'VALUE', offer: offer(one) }
      })),
      { name: 'help', help: 'tells what it does', isMultiple: false, value: null }
    ]
  }))
}
