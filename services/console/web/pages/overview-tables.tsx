import type { Box, Reader, Snapshot } from '../../src/wire/live.ts'
import { count, duration, percentile, rate, thin } from '../format.ts'
import { Missing, Panel, State } from '../parts.tsx'
import { lossText } from './picture-boxes.tsx'

export function Services({ boxes, nowMs }: { readonly boxes: readonly Box[]; readonly nowMs: number }) {
  return (
    <Panel
      id="services"
      title="Services and parts"
      aside={<span class="hint">rate over 10 s, percentiles over 60 s</span>}
    >
      <div class="scroll-x" tabIndex={0}>
        <table class="table services">
          <caption class="sr">State, rate and latency of each service</caption>
          <thead>
            <tr>
              <th scope="col">name</th>
              <th scope="col">state</th>
              <th scope="col" class="num wide">
                since
              </th>
              <th scope="col" class="num">
                rate
              </th>
              <th scope="col" class="num wide">
                p50
              </th>
              <th scope="col" class="num">
                p99
              </th>
              <th scope="col" class="num wide">
                of
              </th>
              <th scope="col" class="num wide">
                refused
              </th>
            </tr>
          </thead>
          <tbody>
            {boxes.map((box) => (
              <tr key={box.name} class={`r-${box.state.replace(' ', '-')}`} data-service={box.name}>
                <th scope="row">
                  <a href={`/?box=${box.name}`}>{box.name}</a>
                </th>
                <td>
                  <State state={box.state} note={box.why} />
                </td>
                <td class="num wide">{duration(nowMs - box.sinceMs)}</td>
                <td class="num">{box.rate === null ? <Missing why={noRate(box)} /> : rate(box.rate)}</td>
                <td class="num wide">
                  {box.p50 === null ? <Missing why={noLatency(box)} /> : percentile(box.p50, box.ceiling, true)}
                </td>
                <td class="num">
                  {box.p50 === null ? <Missing why={noLatency(box)} /> : percentile(box.p99, box.ceiling, true)}
                </td>
                <td class="num wide">{box.p50 === null ? <Missing why={noLatency(box)} /> : count(box.samples)}</td>
                <td class="num wide">
                  {box.rejectedPerMinute === null ? (
                    <Missing why={box.kind === 'part' ? 'it refuses nothing' : 'no fresh answer'} />
                  ) : (
                    `${box.rejectedPerMinute.toFixed(1)}${thin}/min`
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function noRate({ kind, answeredMs }: Box): string {
  return kind === 'part'
    ? 'not measured for this part'
    : answeredMs === null
      ? 'it has not answered yet'
      : 'no fresh answer'
}

function noLatency(box: Box): string {
  if (box.kind === 'part') return 'not measured for this part'
  return box.step === null && box.state === 'ready' ? 'it measures no latency' : 'nothing was measured in the last 60 s'
}

export function Readers({ topics }: { readonly topics: Snapshot['topics'] }) {
  return (
    <Panel
      title="Readers and their lag, as time"
      id="readers"
      aside={<span class="hint">worst partition, never the mean</span>}
    >
      <div class="scroll-x" tabIndex={0}>
        <table class="table">
          <caption class="sr">How far each reader is behind, and when it would lose something</caption>
          <thead>
            <tr>
              <th scope="col">reader</th>
              <th scope="col" class="wide">
                topic
              </th>
              <th scope="col" class="num">
                oldest unread
              </th>
              <th scope="col" class="wide">
                trend
              </th>
              <th scope="col" class="num wide">
                unread
              </th>
              <th scope="col" class="num">
                time to loss
              </th>
            </tr>
          </thead>
          <tbody>
            {topics
              .flatMap(({ readers }) => readers)
              .map((reader) => (
                <tr key={`${reader.name} ${reader.topic}`}>
                  <th scope="row">
                    {reader.name}
                    <span class="narrow sub">{reader.topic}</span>
                  </th>
                  <td class="wide mono">{reader.topic}</td>
                  <td class="num">
                    {reader.oldestUnreadMs === null ? (
                      <Missing why={noPosition} />
                    ) : reader.oldestUnreadMs === 0 ? (
                      'nothing'
                    ) : (
                      duration(reader.oldestUnreadMs)
                    )}
                    <span class="narrow sub">{trendText(reader)}</span>
                  </td>
                  <td class="wide">{reader.trend === null ? <Missing why={noPosition} /> : trendText(reader)}</td>
                  <td class="num wide">
                    {reader.unread === null ? <Missing why={noPosition} /> : count(reader.unread)}
                    {reader.worstPartition !== null && (reader.unread ?? 0) > 0 && (
                      <span class="sub-inline" title="worst partition">
                        {' '}
                        p{reader.worstPartition}
                      </span>
                    )}
                  </td>
                  <td class="num">
                    {reader.lossMs === null ? (
                      <Missing why="no write rate yet" />
                    ) : reader.lossMs === 'never' ? (
                      'never'
                    ) : (
                      lossText(reader).replace('loss in ', '')
                    )}
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      </div>
      <table class="table topics">
        <caption class="sr">Topics</caption>
        <thead>
          <tr>
            <th scope="col">topic</th>
            <th scope="col" class="num">
              written
            </th>
            <th scope="col" class="num wide">
              offsets
            </th>
            <th scope="col" class="num">
              oldest kept
            </th>
            <th scope="col" class="num wide">
              partitions
            </th>
          </tr>
        </thead>
        <tbody>
          {topics.map((topic) => (
            <tr key={topic.name}>
              <th scope="row" class="mono">
                {topic.name}
              </th>
              <td class="num">{rate(topic.rate)}</td>
              <td class="num wide">{count(topic.records)}</td>
              <td class="num">{duration(topic.oldestMs)}</td>
              <td class="num wide">{topic.partitions}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

const noPosition = 'its position cannot be read now'

function trendText({ trend, oldestUnreadMs, windowMs }: Reader): string | null {
  if (trend === 'steady' && (oldestUnreadMs ?? 0) > 2_500)
    return windowMs > 5_000 && (oldestUnreadMs ?? 0) <= windowMs ? 'inside its window' : 'steady'
  return trend
}
