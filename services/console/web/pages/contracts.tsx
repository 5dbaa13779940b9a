import type { ContractPage } from '../../src/wire/contracts.ts'
import { clock, count, percent, thin } from '../format.ts'
import { usePolled } from '../live.ts'
import { Copy, Empty, Failure, Loading, Missing, Panel } from '../parts.tsx'
import { go } from '../router.ts'

/** What may I send? */
export function Contracts({ url }: { readonly url: URL }) {
  const { data, error } = usePolled<readonly ContractPage[]>('/api/contracts', 5_000)
  if (data === null)
    return error === null ? (
      <>
        <Loading height={60} />
        <Loading height={400} />
      </>
    ) : (
      <Failure what="the contracts" error={error} height={400} />
    )
  const type = decodeURIComponent(url.pathname.split('/')[2] ?? '')
  const chosen = data.find((contract) => contract.type === type)
  const refused = data.filter(({ refusedShare }) => (refusedShare ?? 0) > 0).length
  return (
    <>
      {chosen === undefined ? (
        <p class="lead">
          {count(data.length)} event types may be sent;{' '}
          {refused === 0 ? 'none of them had an event refused' : `${count(refused)} of them had events refused`} since
          the console counts. One file in schemas/ is one type.
        </p>
      ) : (
        <>
          <p class="lead">
            <b>{chosen.type}</b>: {firstSentence(chosen.description)}
          </p>
          <p class="lead-more">{chosen.description.slice(firstSentence(chosen.description).length).trim()}</p>
        </>
      )}
      {type !== '' && chosen === undefined && (
        <Empty>
          There is no contract {type}. <a href="/contracts">All contracts</a>
        </Empty>
      )}
      {chosen === undefined ? <List contracts={data} /> : <One contract={chosen} />}
    </>
  )
}

function List({ contracts }: { readonly contracts: readonly ContractPage[] }) {
  return (
    <Panel title="Event types">
      <div class="scroll-x" tabIndex={0}>
        <table class="table">
          <caption class="sr">Event types</caption>
          <thead>
            <tr>
              <th scope="col">type</th>
              <th scope="col" class="num wide">
                version
              </th>
              <th scope="col" class="wide">
                what it says
              </th>
              <th scope="col" class="num">
                rate
              </th>
              <th scope="col" class="num">
                refused
              </th>
              <th scope="col" class="num wide">
                seen
              </th>
              <th scope="col" class="num wide">
                last seen
              </th>
            </tr>
          </thead>
          <tbody>
            {contracts.map((one) => (
              <tr
                key={one.type}
                data-row
                tabIndex={-1}
                class="row-open"
                onClick={() => go(`/contracts/${one.type}`)}
                onKeyDown={(event) =>
                  event.key === 'Enter' && event.target === event.currentTarget && go(`/contracts/${one.type}`)
                }
              >
                <th scope="row">
                  <a href={`/contracts/${one.type}`}>{one.type}</a>
                  <span class="narrow sub">{firstSentence(one.description)}</span>
                </th>
                <td class="num wide">{one.version}</td>
                <td class="wide">{firstSentence(one.description)}</td>
                <td class="num">
                  {one.perMinute === null
                    ? '–'
                    : `${one.perMinute < 100 ? one.perMinute.toFixed(1) : count(Math.round(one.perMinute))}${thin}/min`}
                </td>
                <td class="num">
                  {one.refusedShare === null ? (
                    <Missing why="none was seen yet" />
                  ) : (
                    <>
                      {percent(one.refusedShare, 2)}
                      <span class="sub"> of {count(one.seen + one.refused)}</span>
                    </>
                  )}
                </td>
                <td class="num wide">{count(one.seen)}</td>
                <td class="num wide">{one.lastSeenMs === null ? '–' : clock(one.lastSeenMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

function firstSentence(text: string): string {
  return /^.*?[.](?=\s|$)/.exec(text)?.[0] ?? text
}

function One({ contract }: { readonly contract: ContractPage }) {
  const assumed = /assumed|synthetic/i.test(contract.description)
  return (
    <>
      <Panel
        title={`${contract.type}, version ${contract.version}${assumed ? ' (in part assumed)' : ''}`}
        aside={
          <>
            <a class="button" href={`/${contract.file}`} target="_blank">
              {contract.file}
            </a>
            <a class="button" href="/contracts">
              all contracts
            </a>
          </>
        }
      >
        <dl class="facts facts-row">
          <div>
            <dt>owner</dt>
            <dd>{contract.owner}</dd>
          </div>
          <div>
            <dt>key</dt>
            <dd class="mono">{contract.key}</dd>
          </div>
          <div>
            <dt>topic</dt>
            <dd>
              <a href="/#readers" class="mono">
                {contract.topic}
              </a>
            </dd>
          </div>
          <div>
            <dt>table</dt>
            <dd>
              <a href={`/storage/${contract.table}`} class="mono">
                {contract.table}
              </a>
            </dd>
          </div>
          <div>
            <dt>event time</dt>
            <dd class="sim-text">{contract.window}</dd>
          </div>
          <div>
            <dt>enrichment</dt>
            <dd>{contract.enrichment ?? 'none'}</dd>
          </div>
          <div>
            <dt>producers seen</dt>
            <dd>{contract.producers.length === 0 ? 'none yet' : contract.producers.join(', ')}</dd>
          </div>
          <div>
            <dt>readers</dt>
            <dd>
              {contract.readers.map((reader, i) => (
                <span key={reader}>
                  {i > 0 && ', '}
                  <a href={`/?box=${reader}`}>{reader}</a>
                </span>
              ))}
            </dd>
          </div>
          <div>
            <dt>seen, refused</dt>
            <dd>
              {count(contract.seen)}, {percent(contract.refusedShare, 2)} of {count(contract.seen + contract.refused)}
            </dd>
          </div>
        </dl>
      </Panel>
      <Panel title="Fields of data">
        <div class="scroll-x" tabIndex={0}>
          <table class="table fields">
            <caption class="sr">Fields of {contract.type}</caption>
            <thead>
              <tr>
                <th scope="col">name</th>
                <th scope="col">type</th>
                <th scope="col" class="wide">
                  required
                </th>
                <th scope="col">meaning</th>
                <th scope="col" class="wide">
                  personal
                </th>
                <th scope="col">example</th>
                <th scope="col" class="wide">
                  read by
                </th>
                <th scope="col" class="num">
                  refused
                </th>
              </tr>
            </thead>
            <tbody>
              {contract.fields.map((field) => (
                <tr key={`${field.depth} ${field.name}`}>
                  <th scope="row" class="mono" style={{ paddingLeft: `${field.depth * 20}px` }}>
                    {field.name}
                  </th>
                  <td>
                    {field.type}
                    {!field.required && <span class="narrow sub">optional</span>}
                  </td>
                  <td class="wide">{field.required ? 'yes' : 'no'}</td>
                  <td class="prose">{field.meaning}</td>
                  <td class="wide">{field.personal === '' ? 'no' : field.personal}</td>
                  <td class="mono example">{field.example}</td>
                  <td class="wide">{field.readBy}</td>
                  <td class="num">
                    {field.refused === 0 ? (
                      <span class="zero">0</span>
                    ) : (
                      <a href="/dead-letters">{count(field.refused)}</a>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Panel>
      <div class="grid-2">
        <Panel title="A valid example of data" aside={<Copy text={contract.example} label="copy example" />}>
          <pre class="rule" tabIndex={0}>
            {contract.example}
          </pre>
        </Panel>
        <Panel title="Send it" aside={<Copy text={contract.command} label="copy command" />}>
          <pre class="rule wrap-pre" tabIndex={0}>
            {contract.command}
          </pre>
          <p class="note">
            The key of the client “demo” is made by <code>npm start</code>. The answer names partition and offset: paste
            it into <a href="/trace">Trace</a>.
          </p>
        </Panel>
      </div>
    </>
  )
}
