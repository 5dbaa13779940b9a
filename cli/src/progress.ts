import { stripVTControlCharacters, styleText } from 'node:util'

export type Mark = 'wait' | 'run' | 'ok' | 'fail'

interface Step {
  readonly mark: Mark
  readonly note: string
  readonly since: number
  readonly ms: number
}

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'

/** Status on a terminal: a block of lines redrawn in place; elsewhere one plain line per change. Owns the output stream. */
export class Progress {
  readonly #out: NodeJS.WriteStream
  readonly isLive: boolean
  readonly #steps = new Map<string, Step>()
  #footer: () => readonly string[] = () => []
  #drawn = 0
  #tick = 0
  #timer: NodeJS.Timeout | undefined

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out
    this.isLive = out.isTTY && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb'
    if (!this.isLive) return
    out.write('\x1b[?25l')
    process.once('exit', () => out.write('\x1b[?25h'))
    this.#timer = setInterval(() => this.#draw(), 100)
    this.#timer.unref()
  }

  /** One thing that is going on. */
  step(name: string, mark: Mark, note = ''): void {
    const now = performance.now()
    const old = this.#steps.get(name)
    if (old?.mark === mark && old.note === note) return
    const since = old === undefined || old.mark === 'wait' || old.mark === 'ok' ? now : old.since
    const line = note.split('\n')[0] ?? ''
    this.#steps.set(name, { mark, note: line, since, ms: now - since })
    if (this.isLive) this.#draw()
    else if (mark !== 'wait')
      this.#out.write(
        `${plain[mark]} ${name}${mark === 'ok' ? ` in ${seconds(now - since)}` : ''}${note && `: ${note}`}\n`
      )
  }

  /** Takes the steps away, for what comes after. */
  clearSteps(): void {
    if (this.isLive) {
      this.#draw()
      this.#drawn = 0
    }
    this.#steps.clear()
  }

  /** Lines under the steps, asked for at every redraw: live counters. */
  footer(lines: () => readonly string[]): void {
    this.#footer = lines
  }

  /** A line that stays, above the live block. */
  log(line: string): void {
    this.#erase()
    this.#out.write(`${line}\n`)
    if (this.isLive) this.#draw()
  }

  stop(): void {
    clearInterval(this.#timer)
    if (!this.isLive) return
    this.#draw()
    this.#out.write('\x1b[?25h')
    this.#drawn = 0
  }

  #erase(): void {
    if (this.isLive && this.#drawn > 0) this.#out.write(`\r\x1b[${this.#drawn}A\x1b[0J`)
    this.#drawn = 0
  }

  #draw(): void {
    this.#tick += 1
    const frame = frames[this.#tick % frames.length] ?? '-'
    const marks = {
      wait: styleText('dim', '·'),
      run: styleText('cyan', frame),
      ok: styleText('green', '✔'),
      fail: styleText('red', '✖')
    }
    const lines = [...this.#steps].map(([name, { mark, note, since, ms }]) => {
      const time = mark === 'wait' ? '' : seconds(mark === 'run' ? performance.now() - since : ms)
      return `${marks[mark]} ${name.padEnd(20)} ${styleText('dim', `${time.padStart(6)}  ${note}`)}`
    })
    const width = this.#out.columns || 80
    const room = Math.max(1, (this.#out.rows || 24) - 1)
    const all = [...lines, ...this.#footer()].slice(-room).map((line) => fit(line, width))
    this.#erase()
    this.#out.write(all.map((line) => `${line}\n`).join(''))
    this.#drawn = all.length
  }
}

const plain: Readonly<Record<Exclude<Mark, 'wait'>, string>> = { run: '  ...', ok: 'ready', fail: 'FAILED' }

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** Counts code units, which is right for the text that is shown here. */
function fit(line: string, width: number): string {
  const text = stripVTControlCharacters(line)
  return text.length > width ? text.slice(0, width - 1) : line
}
