import type { ContractPage } from '../../src/wire/contracts.ts'
import { count, percent } from '../format.ts'
import { Copy, Panel } from '../parts.tsx'

/** One contract: facts, fields, an example, and how to send it. */
export function One({ contract }: { readonly contract: ContractPage }) {
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
                <th scope="col" class="wide">
                  type
                </th>
                <th scope="col" class="wide">
                  required
                </th>
                <th scope="col" class="wide">
                  meaning
                </th>
                <th scope="col" class="wide">
                  personal
                </th>
                <th scope="col" class="wide">
                  example
                </th>
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
                    <span class="narrow sub field-more">
                      {field.type}
                      {!field.required && ', optional'}. {field.meaning}
                    </span>
                  </th>
                  <td class="wide">{field.type}</td>
                  <td class="wide">{field.required ? 'yes' : 'no'}</td>
                  <td class="prose wide">{field.meaning}</td>
                  <td class="wide">{field.personal === '' ? 'no' : field.personal}</td>
                  <td class="mono example wide">{field.example}</td>
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
