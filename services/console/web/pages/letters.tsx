import { useEffect } from 'preact/hooks'
import type { LetterGroup, LettersPage } from '../../src/wire/letters.ts'
import { clock, count, duration, percent, plural } from '../format.ts'
import { clearNewLetters, type Live } from '../live.ts'
import { usePolled } from '../use-polled.ts'
import { Empty, Failure, Loading, Panel, Spark } from '../parts.tsx'
import { withQuery } from '../router.ts'
import { Letter } from './letter.tsx'
import { Groups, List, Repeats } from './letters-tables.tsx'

/** What was refused, by which rule, and where is it? */
export function Letters({ live, url, nowMs }: { readonly live: Live; readonly url: URL; readonly nowMs: number }) {
  const group = url.searchParams.get('group')
  const at = url.searchParams.get('at')
  const tab = url.searchParams.get('tab')
  const { data, error } = usePolled<LettersPage>(
    group === null ? '/api/dead-letters' : `/api/dead-letters?group=${encodeURIComponent(group)}`,
    3_000
  )
  useEffect(clearNewLetters, [data])
  if (data === null)
    return error === null ? (
      <>
        <Loading height={60} />
        <Loading height={420} />
      </>
    ) : (
      <Failure what="the dead letters" error={error} height={420} />
    )
  const kafka = live.snapshot?.sources.find(({ name }) => name === 'kafka')?.problem ?? null
  const chosen = data.groups.find(({ key }) => key === group)
  return (
    <>
      <p class="lead" data-testid="letters-lead">
        {leadOf(data, nowMs)}
      </p>
      <div class="tabs">
        <a href={withQuery(url, { tab: null, at: null })} aria-current={tab === null ? 'page' : undefined}>
          Refused <b>{count(data.events === 0 ? null : data.total)}</b>
        </a>
        <a
          href={withQuery(url, { tab: 'repeats', at: null, group: null })}
          aria-current={tab === 'repeats' ? 'page' : undefined}
        >
          Repeats <b>{count(data.events === 0 ? null : data.repeats)}</b>
        </a>
      </div>
      {tab === 'repeats' ? (
        <Repeats page={data} problem={kafka} />
      ) : (
        <>
          {data.byReason.length > 0 && <Reasons page={data} />}
          <Groups page={data} url={url} group={group} problem={kafka} />
          {group !== null && chosen === undefined && (
            <Empty>
              No letters match this address. <a href="/dead-letters">Show all groups</a>
            </Empty>
          )}
          {at !== null && <Letter at={at} page={data} url={url} />}
          <List
            letters={data.letters}
            url={url}
            at={at}
            title={chosen === undefined ? 'Newest letters' : `Letters: ${groupTitle(chosen)}`}
            waiting={live.newLetters.length}
          />
        </>
      )}
    </>
  )
}

function leadOf(page: LettersPage, nowMs: number): string {
  if (page.events === 0) return 'No event has been read yet, so nothing can be said of refusals.'
  if (page.total === 0) return `No event was refused among the ${count(page.events)} since ${clock(page.sinceMs)}.`
  const [most] = page.groups
  const share = page.eventsLastHour === 0 ? null : page.lastHour / page.eventsLastHour
  const oldest =
    page.oldestInHourMs === null ? '' : ` Oldest of the hour: ${duration(Math.min(page.oldestInHourMs, 3_600_000))}.`
  return `${plural(page.lastHour, 'event')} refused in the last hour (${percent(share, 2)} of ${count(page.eventsLastHour)}), ${count(page.total)} since ${clock(page.sinceMs, { nowMs })}.${most === undefined ? '' : ` Most: ${groupTitle(most)} (${count(most.count)}).`}${oldest}`
}

function groupTitle({ reason, type, pointer, rule }: LetterGroup): string {
  return [
    reason,
    type === null ? '' : `, ${type}`,
    pointer === '' ? '' : ` ${pointer}`,
    rule === '' ? '' : `, expected ${rule}`
  ].join('')
}

function Reasons({ page }: { readonly page: LettersPage }) {
  const max = Math.max(1, ...page.byReason.flatMap(({ spark }) => spark))
  return (
    <Panel
      title="Refused per minute, by reason, the last 60 min"
      aside={<span class="hint">one scale: up to {count(max)} a minute</span>}
    >
      <div class="multiples">
        {page.byReason.map(({ reason, spark }) => (
          <div key={reason} class="multiple">
            <span class="multiple-name">
              {reason} <b>{count(spark.reduce((a, b) => a + b, 0))}</b>
            </span>
            <Spark values={spark} max={max} label={`${reason}: ${spark.reduce((a, b) => a + b, 0)} in 60 minutes`} />
            <span class="multiple-axis">
              <span>−60 min</span>
              <span>now</span>
            </span>
          </div>
        ))}
      </div>
    </Panel>
  )
}
