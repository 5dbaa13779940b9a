/** What a kind of service needs of the platform around it. */
export interface Kind {
  /** One line, for the help. */
  readonly summary: string
  /** Networks of the compose file, and what it opens of the doors that e2e/compose/look-inside.ts knocks at. */
  readonly networks: readonly string[]
  readonly opens: readonly string[]
}

/** Only what `packages/` makes safe today; why there is no transform is in cli/README.md. */
export const kinds = {
  sink: {
    summary:
      'reads events.enriched from a position that it keeps, with what came of it, in a Redis database of its own',
    networks: ['bus', 'store'],
    opens: ['collector', 'kafka', 'redis', 's3']
  },
  producer: {
    summary: 'sends events to the collector over REST, in order, again what is in doubt',
    networks: ['edge'],
    opens: ['collector', 'model']
  }
} as const satisfies Readonly<Record<string, Kind>>

export type KindName = keyof typeof kinds
