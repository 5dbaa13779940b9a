import { useEffect, useRef, useState } from 'preact/hooks'
import type { Journey } from '../../src/wire/journey.ts'
import { duration, percent } from '../format.ts'
import { Copy, Empty, Failure, Loading, Panel } from '../parts.tsx'
import { go } from '../router.ts'
import { HopLine } from './trace-hop.tsx'

const lastKey = 'last-traces'

/** Where is this event, and what happened to it? */
export function Trace({ url }: { readonly url: URL }) {
  const query = url.searchParams.get('q') ?? ''
  const [text, setText] = useState(query)
  const [journey, setJourney] = useState<Journey | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [isLooking, setLooking] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (query === '') input.current?.focus({ preventScroll: true })
  }, [])

  useEffect(() => {
    setText(query)
    setError(null)
    if (query === '') return setJourney(null)
    let isGone = false
    let again: ReturnType<typeof setTimeout> | undefined
    const ask = async (): Promise<void> => {
      setLooking(true)
      try {
        const answer = await fetch(`/api/trace?q=${encodeURIComponent(query)}`)
        const body = (await answer.json()) as Journey & { error?: string }
        if (isGone) return
        if (answer.ok) {
          setJourney(body)
          remember(query)
          // What is on its way goes on.
          if (body.outcome === 'on its way') again = setTimeout(() => void ask(), 2_000)
        } else setError(body.error ?? `status ${answer.status}`)
      } catch {
        if (!isGone) setError('the console does not answer')
      }
      if (!isGone) setLooking(false)
    }
    void ask()
    return () => {
      isGone = true
      clearTimeout(again)
    }
  }, [query])

  const search = (event: Event): void => {
    event.preventDefault()
    if (text.trim() !== '') go(`/trace?q=${encodeURIComponent(text.trim())}`)
  }
  const random = async (kind: string): Promise<void> => {
    const { query: found } = (await (await fetch(`/api/random?kind=${kind}`)).json()) as { query: string | null }
    if (found === null) setError(`no ${kind.replace('-', ' ')} among the recent ones`)
    else go(`/trace?q=${encodeURIComponent(found)}`)
  }
  return (
    <>
      <Panel title="Follow an event">
        <form class="search" onSubmit={search}>
          <label for="trace-query" class="sr">
            Event id, topic/partition@offset, or the collector’s answer
          </label>
          <input
            id="trace-query"
            ref={input}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            placeholder="event id, events.raw/3@48011, or the collector’s answer"
            autocomplete="off"
            spellcheck={false}
          />
          <button type="submit" class="button button-main">
            Trace
          </button>
        </form>
        <p class="randoms">
          {(['event', 'dead-letter', 'repeat'] as const).map((kind) => (
            <button key={kind} type="button" class="button" onClick={() => void random(kind)}>
              random {kind.replace('-', ' ')}
            </button>
          ))}
          {lastOnes().map((one) => (
            <a key={one} class="mono last-one" href={`/trace?q=${encodeURIComponent(one)}`}>
              {one}
            </a>
          ))}
        </p>
      </Panel>
      {error !== null && <Failure what="this" error={error} />}
      {query === '' ? (
        <Empty>
          Paste an id, or take a random one. By coordinates it is a seek; by id the last 50,000 ids are looked through,
          then what is in flight, then the lake, for 10 s at most.
        </Empty>
      ) : journey === null || journey.query !== query ? (
        isLooking && <Loading height={480} />
      ) : (
        <Found journey={journey} />
      )}
    </>
  )
}

function Found({ journey }: { readonly journey: Journey }) {
  const longest = Math.max(1, ...journey.hops.map(({ deltaMs }) => deltaMs ?? 0))
  return (
    <>
      <p class={`lead verdict v-${journey.outcome.replaceAll(' ', '-')}`} data-testid="verdict">
        {journey.verdict}
      </p>
      {journey.hops.length > 0 && (
        <Panel
          title={journey.eventId === null ? 'Its journey' : journey.eventId}
          aside={
            <span class="hint">
              {journey.type ?? ''}
              {journey.eventId !== null && <Copy text={journey.eventId} label="copy id" />} · found in{' '}
              {duration(journey.tookMs)}
            </span>
          }
        >
          <ol class="hops">
            {journey.hops.map((hop) => (
              <HopLine key={hop.box} hop={hop} longest={longest} />
            ))}
          </ol>
        </Panel>
      )}
      {journey.model !== null && (
        <Panel
          title={`Prediction: ${percent(journey.model.probability, 1)} by ${journey.model.name} version ${journey.model.version}`}
        >
          {journey.model.inputs.length === 0 ? (
            <Empty>The model cannot be asked for its inputs: enrichment-api does not answer.</Empty>
          ) : (
            <table class="table">
              <caption class="sr">Inputs of the model</caption>
              <thead>
                <tr>
                  <th scope="col">input</th>
                  <th scope="col" class="wide">
                    from the event at
                  </th>
                  <th scope="col">value</th>
                </tr>
              </thead>
              <tbody>
                {journey.model.inputs.map(({ name, pointer, value }) => (
                  <tr key={name}>
                    <th scope="row">
                      {name}
                      <span class="narrow sub mono wrap">{pointer}</span>
                    </th>
                    <td class="mono wide">{pointer}</td>
                    <td class="mono">{value}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Panel>
      )}
      {journey.event !== null && (
        <Panel title="The event as it was accepted" aside={<Copy text={journey.event} label="copy event" />}>
          <pre class="rule" tabIndex={0}>
            {journey.event.replaceAll(/,(?=")/g, ',\n')}
          </pre>
        </Panel>
      )}
      <p class="note command">
        {journey.hops.length > 0 && `Looked in: ${journey.searched.join(', ')}. `}The same on the command line:{' '}
        <code>{journey.command}</code> <Copy text={journey.command} />
      </p>
    </>
  )
}

function lastOnes(): readonly string[] {
  try {
    return (JSON.parse(localStorage.getItem(lastKey) ?? '[]') as string[]).slice(0, 5)
  } catch {
    return []
  }
}

function remember(query: string): void {
  try {
    localStorage.setItem(lastKey, JSON.stringify([query, ...lastOnes().filter((one) => one !== query)].slice(0, 5)))
  } catch {
    // Then they are forgotten.
  }
}
