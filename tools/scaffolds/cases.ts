/** Something that `sluice new` makes, and how somebody would fill it. */
export interface Case {
  /** What follows `npm run sluice --`. */
  readonly command: string
  /** The tests that are red until it is filled, and nothing else is. */
  readonly red: readonly string[]
  /** What to write into which file, for what. */
  readonly fill: readonly Edit[]
  /** Tests of its own that need servers. */
  readonly tests: readonly string[]
}

export interface Edit {
  readonly file: string
  readonly find: RegExp
  readonly write: string
}

/** Every option of every kind is in one of them. */
export const cases: readonly Case[] = [
  {
    command: 'new event kettle.boiled.v1 --field kettle_id:text:1..40 --field litres:number:0..5 --field remark:text?',
    red: ['is filled in kettle.boiled.v1'],
    fill: contract('kettle.boiled.v1'),
    tests: []
  },
  {
    command:
      'new event order.placed.v1 --key order_id --table orders --owner shop --personal email=contact ' +
      '--field email:text:3..254 --field quantity:integer:1..99 --field is_gift:boolean --field due:date? ' +
      '--field total_cents:int64 --field placed_at:time',
    red: ['is filled in order.placed.v1'],
    fill: contract('order.placed.v1'),
    tests: []
  },
  {
    command: 'new service gust-board --kind sink --event weather.observed.v1 --event order.placed.v1',
    red: [
      'is filled in gust-board',
      'is something of its own for weather.observed.v1',
      'is something of its own for order.placed.v1'
    ],
    fill: [
      { file: 'services/gust-board/README.md', find: /TODO: [^\n]*/g, write: 'The strongest gusts.' },
      {
        file: 'services/gust-board/src/project-event.ts',
        find: / *\/\/ TODO: [^\n]*\n([^\n]*data\.station[^\n]*)set: \{\}/,
        write: '$1set: { gust: String(data.wind_gust_mph) }'
      },
      {
        file: 'services/gust-board/src/project-event.ts',
        find: / *\/\/ TODO: [^\n]*\n([^\n]*data\.order_id[^\n]*)set: \{\}/,
        write: '$1set: { quantity: String(data.quantity) }'
      },
      { file: 'services/gust-board/reads.ts', find: /'\/station'/, write: "'/station', '/wind_gust_mph'" },
      { file: 'services/gust-board/reads.ts', find: /'\/order_id'/, write: "'/order_id', '/quantity'" }
    ],
    tests: ['services/gust-board/service.test.ts']
  },
  {
    command: 'new service kettle-watch --kind producer --event kettle.boiled.v1',
    red: ['is filled in kettle-watch', 'are more than one'],
    fill: [
      { file: 'services/kettle-watch/README.md', find: /TODO: [^\n]*/, write: 'Kettles, one after the other.' },
      { file: 'services/kettle-watch/src/make-event.ts', find: / *\/\/ TODO: [^\n]*\n/, write: '' },
      {
        file: 'services/kettle-watch/src/make-event.ts',
        find: /= \{ kettle_id: [^\n]*/,
        write: '= { kettle_id: `kettle-${number % 7}`, litres: (number % 50) / 10, remark: null }'
      }
    ],
    tests: []
  }
]

function contract(type: string): readonly Edit[] {
  const examples = `schemas/examples/${type}`
  return [
    { file: `schemas/${type}.json`, find: /TODO: [^"]*/g, write: 'What it is.' },
    ...[`schemas/${type}.json`, `${examples}/valid-example.json`, `${examples}/invalid-without-key.json`].map(
      (file) => ({
        file,
        find: /"TODO"/g,
        write: '"one"'
      })
    )
  ]
}
