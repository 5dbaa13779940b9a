import type { Hop } from '../../src/wire/journey.ts'
import { clock, duration } from '../format.ts'
import { Copy, Missing } from '../parts.tsx'

/** One hop: what the box did, where, when, and how long after the one before. */
export function HopLine({ hop, longest }: { readonly hop: Hop; readonly longest: number }) {
  const width = hop.deltaMs === null ? 0 : Math.max(2, (Math.max(0, hop.deltaMs) / longest) * 120)
  return (
    <li class={`hop h-${hop.state}`} data-hop={hop.box} data-state={hop.state}>
      <svg class="hop-mark" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        {hop.state === 'done' ? (
          <circle cx="8" cy="8" r="5" fill="currentColor" />
        ) : hop.state === 'refused' ? (
          <path d="M2 2h12v12H2z M5 5l6 6m0-6-6 6" fill="currentColor" stroke="var(--on-solid)" stroke-width="1.6" />
        ) : (
          <circle
            cx="8"
            cy="8"
            r="5"
            fill="var(--surface)"
            stroke="currentColor"
            stroke-width="1.6"
            stroke-dasharray="2.4 2"
          />
        )}
      </svg>
      <div class="hop-body">
        <p class="hop-what">
          <b>{hop.box}</b> <span>{hop.what}</span>
        </p>
        {hop.where.length > 0 && (
          <ul class="hop-where">
            {hop.where.map(({ label, value }) => (
              <li key={`${label} ${value}`}>
                <span class="label">{label}</span> <span class="mono wrap">{value}</span> <Copy text={value} />
              </li>
            ))}
          </ul>
        )}
        {hop.note !== null && <p class="note">{hop.note}</p>}
        {hop.details.length > 0 && (
          <details>
            <summary>record and headers</summary>
            <dl class="facts">
              {hop.details.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd class="mono wrap">{value}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
      </div>
      <div class="hop-time">
        <span class="mono-num">
          {hop.atMs === null
            ? (hop.expected ??
              (hop.state === 'never' ? (
                'never'
              ) : (
                <Missing why={hop.state === 'done' ? 'it records no time of its own' : 'not known'} />
              )))
            : clock(hop.atMs, { millis: true })}
        </span>
        <span class="hop-delta">
          {hop.deltaMs === null ? ' ' : `+${duration(hop.deltaMs)}`.replace('+−', '−')}
          {hop.deltaMs !== null && hop.deltaMs < 0 && ' (two clocks)'}
        </span>
        <span class="hop-bar" aria-hidden="true">
          <span style={{ width: `${width}px` }} />
        </span>
      </div>
    </li>
  )
}
