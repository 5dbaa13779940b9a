import type { StoragePage, TableRow } from '../../src/wire.ts'
import { Chart } from '../chart.tsx'
import { bytes, clock, count, duration, thin } from '../format.ts'
import { usePolled, type Live } from '../live.ts'
import { Copy, Empty, Failure, Loading, Panel, State } from '../parts.tsx'
import { go } from '../router.ts'

/** Is what came in now queryable? */
export function Storage({ live, url, nowMs }: { readonly live: Live; readonly url: URL; readonly nowMs: number }) {
  const { data, error } = usePolled<StoragePage>('/api/storage', 2_000)
  if (data === null)
    return error === null ? (
      <>
        <Loading height={60} />
        <Loading height={260} />
        <Loading height={300} />
      </>
    ) : (
      <Failure what="the lake" error={error} />
    )
  const name = decodeURIComponent(url.pathname.split('/')[2] ?? '')
  const chosen = data.tables.find((table) => table.name === name)
  return (
    <>
      <p class="lead" data-testid="storage-lead">
        {leadOf(data, nowMs)}
      </p>
      {data.problem !== null && <Failure what={`the lake, showing ${clock(data.atMs)}`} error={data.problem} />}
      <Freshness live={live} page={data} />
      <Tables page={data} chosen={name} nowMs={nowMs} />
      {chosen !== undefined && <One table={chosen} bucket={data.bucket} />}
      {name !== '' && chosen === undefined && (
        <Empty>
          There is no table {name}. <a href="/storage">All tables</a>
        </Empty>
      )}
    </>
  )
}

function leadOf({ tables, queryableMs }: StoragePage, nowMs: number): string {
  const there = tables.filter(({ version }) => version !== null && version >= 0)
  const sum = (pick: (table: TableRow) => number | null): number =>
    there.reduce((all, table) => all + (pick(table) ?? 0), 0)
  const lead =
    queryableMs === null
      ? 'How far the lake is cannot be told now.'
      : `Everything accepted before ${clock(queryableMs)} is queryable (${duration(Math.max(0, nowMs - queryableMs))} ago).`
  return `${lead} ${count(there.length)} tables, ${count(sum(({ rows }) => rows))} rows, ${count(sum(({ files }) => files))} files, ${bytes(sum((table) => table.bytes))}.`
}

function Freshness({ live, page }: { readonly live: Live; readonly page: StoragePage }) {
  const { points } = live
  return (
    <div class="panel">
      <Chart
        title="From accepted to queryable, over 60 s"
        times={points.map(({ t }) => t)}
        windowSeconds={1_800}
        format={(value) => `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} s`}
        limit={{
          value: page.windowMs / 1_000,
          words: `a row waits at most ${Math.round(page.windowMs / 1_000)} s for its commit to begin`
        }}
        series={[
          { label: 'p50', color: '--enriched', values: points.map(({ lakeP50 }) => lakeP50) },
          { label: 'p99', color: '--enriched', values: points.map(({ lakeP99 }) => lakeP99), dash: [5, 4] }
        ]}
        summary={`Time from acceptance to the commit in the lake: p50 ${duration((points.at(-1)?.lakeP50 ?? NaN) * 1_000 || null)}, p99 ${duration((points.at(-1)?.lakeP99 ?? NaN) * 1_000 || null)}.`}
      />
    </div>
  )
}

function Tables({
  page,
  chosen,
  nowMs
}: {
  readonly page: StoragePage
  readonly chosen: string
  readonly nowMs: number
}) {
  return (
    <Panel
      title="Tables"
      aside={
        <span class="hint">
          bucket {page.bucket}, read {clock(page.atMs)}
        </span>
      }
    >
      <div class="scroll-x" tabIndex={0}>
        <table class="table">
          <caption class="sr">Tables of the lake</caption>
          <thead>
            <tr>
              <th scope="col">table</th>
              <th scope="col" class="num">
                rows
              </th>
              <th scope="col" class="num">
                files
              </th>
              <th scope="col" class="num">
                size
              </th>
              <th scope="col" class="num wide">
                median file
              </th>
              <th scope="col" class="num wide">
                smallest tenth
              </th>
              <th scope="col" class="num wide">
                version
              </th>
              <th scope="col" class="num">
                last data
              </th>
              <th scope="col" class="num wide">
                commits/min
              </th>
              <th scope="col" class="wide">
                newest event (SIM)
              </th>
            </tr>
          </thead>
          <tbody>
            {page.tables.map((table) => (
              <tr
                key={table.name}
                data-row
                data-table={table.name}
                tabIndex={-1}
                class={table.name === chosen ? 'row-open chosen' : 'row-open'}
                onClick={() => go(`/storage/${table.name}`)}
                onKeyDown={(event) =>
                  event.key === 'Enter' && event.target === event.currentTarget && go(`/storage/${table.name}`)
                }
              >
                <th scope="row" class="mono">
                  <a href={`/storage/${table.name}`}>{table.name}</a>
                </th>
                {table.version === -1 ? (
                  <td colSpan={9}>
                    <State state="waiting" note="not there yet: batch-loader makes it when it starts" />
                  </td>
                ) : (
                  <>
                    <td class="num">{count(table.rows)}</td>
                    <td class="num">{count(table.files)}</td>
                    <td class="num">{bytes(table.bytes)}</td>
                    <td class="num wide">{bytes(table.medianBytes)}</td>
                    <td class="num wide">{bytes(table.smallTenthBytes)}</td>
                    <td class="num wide">{count(table.version)}</td>
                    <td class="num">
                      {table.lastCommitMs === null ? '–' : `${duration(Math.max(0, nowMs - table.lastCommitMs))} ago`}
                    </td>
                    <td class="num wide">
                      {table.commitsPerMinute === null ? '–' : table.commitsPerMinute.toFixed(1)}
                    </td>
                    <td class="wide sim-text">
                      {table.newestEvent === null ? '–' : `${table.newestEvent.slice(0, 16).replace('T', ' ')}Z`}
                    </td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

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

function One({ table, bucket }: { readonly table: TableRow; readonly bucket: string }) {
  const most = Math.max(1, ...table.histogram)
  const queries = [
    ['DuckDB', `SELECT count(*) FROM delta_scan('s3://${bucket}/bronze/${table.name}');`],
    ['Spark SQL', `SELECT count(*) FROM delta.\`s3a://${bucket}/bronze/${table.name}\`;`]
  ] as const
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
              viewBox="0 0 504 150"
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
                      {i % 10 === 0 ? sizeNames[i] : sizeNames[i]}
                    </text>
                  </g>
                )
              })}
              <path d="M0 120.5H504" class="axis-line" />
            </svg>
          )}
          <h3>Query it</h3>
          <ul class="commands">
            {queries.map(([label, command]) => (
              <li key={label}>
                <span class="label">{label}</span>
                <code tabIndex={0}>{command}</code>
                <Copy text={command} />
              </li>
            ))}
          </ul>
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
                  <th scope="col" class="num">
                    files
                  </th>
                  <th scope="col" class="num">
                    size
                  </th>
                </tr>
              </thead>
              <tbody>
                {table.commits.map((commit) => (
                  <tr key={commit.version}>
                    <td class="num">{count(commit.version)}</td>
                    <td>{clock(commit.atMs)}</td>
                    <td class="num">{count(commit.rows)}</td>
                    <td class="num">{count(commit.files)}</td>
                    <td class="num">{bytes(commit.bytes)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <h3>Columns ({table.columns.length})</h3>
          <p class="columns">
            {table.columns.map(({ name, type }) => (
              <span key={name}>
                <span class="mono">{name}</span> {type}
              </span>
            ))}
          </p>
          <p class="note">Version{thin}0 has no rows: it is where positions begin.</p>
        </div>
      </div>
    </Panel>
  )
}
