import type { StoragePage, TableRow } from '../../src/wire/storage.ts'
import { Chart } from '../chart.tsx'
import { bytes, clock, count, duration } from '../format.ts'
import type { Live } from '../live.ts'
import { usePolled } from '../use-polled.ts'
import { Empty, Failure, Loading, Panel, State } from '../parts.tsx'
import { go } from '../router.ts'
import { One } from './storage-one.tsx'

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
      <Failure what="the lake" error={error} height={560} />
    )
  const name = decodeURIComponent(url.pathname.split('/')[2] ?? '')
  const chosen = data.tables.find((table) => table.name === name)
  return (
    <>
      <p class="lead" data-testid="storage-lead">
        {leadOf(data, nowMs)}
      </p>
      {data.problem !== null && (
        <Failure
          what={data.atMs === null ? 'the lake; nothing was read yet' : `the lake, showing ${clock(data.atMs)}`}
          error={data.problem}
        />
      )}
      <Freshness live={live} page={data} />
      <Tables page={data} chosen={name} nowMs={nowMs} />
      {chosen !== undefined &&
        (chosen.files === null ? (
          <Panel title={chosen.name} class="opened">
            <Empty>
              {data.problem === null
                ? 'Looked in its Delta log: it is not there yet; batch-loader makes it when it starts.'
                : `Its Delta log cannot be read: ${data.problem}. It is tried again by itself.`}
            </Empty>
          </Panel>
        ) : (
          <One table={chosen} bucket={data.bucket} />
        ))}
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
  if (there.length === 0) return lead
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
        format={(value) => `${value < 10 ? Number(value.toFixed(2)) : Math.round(value)} s`}
        limit={{
          value: page.windowMs / 1_000,
          words: `a row waits at most ${Math.round(page.windowMs / 1_000)} s for its commit to begin`,
          short: `at most ${Math.round(page.windowMs / 1_000)} s`
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

function commitsText({ commits }: StoragePage): string {
  if (commits === null) return 'no commit seen in the last 60 s'
  const { count: n, p50, p99 } = commits
  return `${count(n)} commits in 60 s: p50 ${duration(p50 * 1_000)}, p99 ${p99 === null ? 'over 60 s' : duration(p99 * 1_000)}`
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
          bucket {page.bucket}, read {clock(page.atMs)} · {commitsText(page)}
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
              <th scope="col" class="num wide">
                files
              </th>
              <th scope="col" class="num wide">
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
                  {isLate(table, page) && (
                    <State
                      state="at risk"
                      note={`its oldest row has waited ${duration(table.waitingMs)}, expected at most ${duration(page.windowMs)}`}
                    />
                  )}
                </th>
                {table.version === -1 ? (
                  <td colSpan={9}>
                    <State state="waiting" note="not there yet: batch-loader makes it when it starts" />
                  </td>
                ) : (
                  <>
                    <td class="num">{count(table.rows)}</td>
                    <td class="num wide">{count(table.files)}</td>
                    <td class="num wide">{bytes(table.bytes)}</td>
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

/** Twice the window without a commit, although rows wait. */
function isLate({ waitingMs }: TableRow, { windowMs }: StoragePage): boolean {
  return waitingMs !== null && waitingMs > 2 * windowMs
}
