import type { TableRow } from '../../src/wire/storage.ts'
import { bytes, clock, count, duration, thin } from '../format.ts'
import { Commands, Empty, Missing, Panel } from '../parts.tsx'

const sizeNames = [
  '1 KiB',
  '',
  '4',
  '',
  '16',
  '',
  '64',
  '',
  '256',
  '',
  '1 MiB',
  '',
  '4',
  '',
  '16',
  '',
  '64',
  '',
  '256',
  '',
  '1 GiB'
]

const untold = 'the commit does not say'

/** One table: its files, days, commits and columns. */
export function One({ table, bucket }: { readonly table: TableRow; readonly bucket: string }) {
  const most = Math.max(1, ...table.histogram)
  const queries = [
    { label: 'DuckDB', command: `SELECT count(*) FROM delta_scan('s3://${bucket}/bronze/${table.name}');` },
    { label: 'Spark SQL', command: `SELECT count(*) FROM delta.\`s3a://${bucket}/bronze/${table.name}\`;` }
  ]
  return (
    <Panel
      title={`${table.title}: ${table.name}`}
      class="opened"
      aside={
        <a class="button" href="/storage">
          close
        </a>
      }
    >
      <div class="grid-2 grid-in">
        <div>
          <h3>Size of its {count(table.files)} files</h3>
          {table.files === 0 ? (
            <Empty>It has no files yet.</Empty>
          ) : (
            <svg
              class="sizes"
              viewBox="-16 0 536 150"
              role="img"
              aria-label={`File sizes: ${table.histogram
                .map((n, i) => (n === 0 ? '' : `${n} from ${2 ** i} KiB`))
                .filter(Boolean)
                .join(', ')}`}
            >
              {table.histogram.map((n, i) => {
                const h = (n / most) * 100
                return (
                  <g key={i}>
                    <rect x={i * 24 + 3} y={120 - h} width="18" height={h} class="histogram" />
                    {n > 0 && (
                      <text x={i * 24 + 12} y={114 - h} class="tick" text-anchor="middle">
                        {count(n)}
                      </text>
                    )}
                    <text x={i * 24 + 12} y="138" class="tick" text-anchor="middle">
                      {sizeNames[i]}
                    </text>
                  </g>
                )
              })}
              <path d="M0 120.5H504" class="axis-line" />
            </svg>
          )}
          <h3>Query it</h3>
          <Commands list={queries} />
          <h3>Days of event time</h3>
          <div class="scroll-y short" tabIndex={0}>
            <table class="table">
              <caption class="sr">Partitions by day</caption>
              <thead>
                <tr>
                  <th scope="col">day (SIM)</th>
                  <th scope="col" class="num">
                    rows
                  </th>
                  <th scope="col" class="num">
                    files
                  </th>
                  <th scope="col" class="num">
                    size
                  </th>
                </tr>
              </thead>
              <tbody>
                {table.days.map((day) => (
                  <tr key={day.day}>
                    <td class="sim-text">{day.day}</td>
                    <td class="num">{count(day.rows)}</td>
                    <td class="num">{count(day.files)}</td>
                    <td class="num">{bytes(day.bytes)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
        <div>
          <h3>Last commits</h3>
          <div class="scroll-y" tabIndex={0}>
            <table class="table">
              <caption class="sr">Last commits</caption>
              <thead>
                <tr>
                  <th scope="col" class="num">
                    version
                  </th>
                  <th scope="col">when</th>
                  <th scope="col" class="num">
                    rows
                  </th>
                  <th scope="col" class="num wide">
                    files
                  </th>
                  <th scope="col" class="num wide">
                    size
                  </th>
                  <th scope="col" class="num">
                    took
                  </th>
                  <th scope="col" class="num">
                    conflicts
                  </th>
                </tr>
              </thead>
              <tbody>
                {table.commits.map((commit) => (
                  <tr key={commit.version}>
                    <td class="num">{count(commit.version)}</td>
                    <td>{clock(commit.atMs)}</td>
                    <td class="num">{count(commit.rows)}</td>
                    <td class="num wide">{count(commit.files)}</td>
                    <td class="num wide">{bytes(commit.bytes)}</td>
                    <td class="num">{commit.tookMs === null ? <Missing why={untold} /> : duration(commit.tookMs)}</td>
                    <td class="num">
                      {commit.conflicts === null ? <Missing why={untold} /> : count(commit.conflicts)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p class="note">
            Took: from the first byte of its files until the commit was sent. Conflicts: how often another commit took
            the version first. Version{thin}0 has no rows: it is where positions begin.
          </p>
          <h3>Columns ({table.columns.length})</h3>
          <div class="scroll-y short" tabIndex={0}>
            <table class="table">
              <caption class="sr">Columns</caption>
              <thead>
                <tr>
                  <th scope="col">column</th>
                  <th scope="col">type</th>
                  <th scope="col" class="num">
                    since
                  </th>
                </tr>
              </thead>
              <tbody>
                {table.columns.map(({ name, type, since }) => (
                  <tr key={name}>
                    <th scope="row" class="mono">
                      {name}
                    </th>
                    <td>{type}</td>
                    <td class="num">
                      {since === null ? <Missing why="older than the commits that were read" /> : count(since)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
      </div>
    </Panel>
  )
}
