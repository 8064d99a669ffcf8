import type { ReadStream, WriteStream } from 'node:tty'
import { topLimits } from '../../../limits/tools/top.ts'
import { nodeClock } from '../../../support/clock.ts'
import type { Stop } from '../../../support/stop.ts'
import { type Key, keysOf, keysOfRest } from './keys.ts'

export interface TerminalEvents {
  readonly onKey: (key: Key) => void
  /** The size may have changed, and the screen is empty. */
  readonly onRedraw: () => void
  /** The terminal has gone away. */
  readonly onGone: () => void
}

/** Alternate screen, no cursor, and lines that are too long do not wrap. */
const enterText = '\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[H\u{1b}[2J'
const leaveText = '\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l'

/** Signals that end the process. */
const ending = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const

/** Takes over the terminal of this process, and gives it back at every end. */
export class Terminal {
  readonly #input: ReadStream
  readonly #output: WriteStream
  readonly #events: TerminalEvents
  #isEntered = false
  #rest = ''
  #cancelRest: Stop = () => {}

  constructor(input: ReadStream, output: WriteStream, events: TerminalEvents) {
    this.#input = input
    this.#output = output
    this.#events = events
  }

  get size(): { readonly columns: number; readonly lines: number } {
    const { columns, rows } = this.#output
    return {
      columns: Math.min(topLimits.columns, Math.max(1, columns || 80)),
      lines: Math.min(topLimits.lines, Math.max(1, rows || 24)),
    }
  }

  /** Until the call of the returned function. */
  start(): Stop {
    for (const signal of ending) process.on(signal, this.#onEnding)
    process.on('SIGTSTP', this.#onStop)
    process.on('SIGCONT', this.#onContinue)
    // Node then prints the error and ends the process, as without this listener.
    process.on('uncaughtExceptionMonitor', this.#leave)
    process.on('exit', this.#leave)
    this.#output.on('resize', this.#events.onRedraw)
    this.#output.on('error', this.#events.onGone)
    this.#input.setEncoding('utf8')
    this.#input.on('data', this.#onData)
    this.#input.on('end', this.#events.onGone)
    this.#input.on('error', this.#events.onGone)
    this.#enter()
    return () => {
      this.#leave()
      this.#input.pause()
      for (const signal of ending) process.off(signal, this.#onEnding)
      process.off('SIGTSTP', this.#onStop)
      process.off('SIGCONT', this.#onContinue)
    }
  }

  write(text: string): void {
    // A terminal that is slower than the readings skips frames.
    if (this.#isEntered && text !== '') this.#output.write(text)
  }

  get isReady(): boolean {
    return this.#isEntered && !this.#output.writableNeedDrain
  }

  readonly #enter = (): void => {
    if (this.#isEntered) return
    this.#isEntered = true
    this.#input.setRawMode(true)
    this.#output.write(enterText)
    this.#input.resume()
  }

  readonly #leave = (): void => {
    if (!this.#isEntered) return
    this.#isEntered = false
    try {
      this.#input.setRawMode(false)
      this.#output.write(leaveText)
    } catch {
      // The terminal has gone away: nothing is left to restore.
    }
  }

  readonly #onEnding = (signal: NodeJS.Signals): void => {
    this.#leave()
    process.off(signal, this.#onEnding)
    // Ends by the same signal, as a program without a listener does.
    process.kill(process.pid, signal)
  }

  readonly #onStop = (): void => {
    this.#leave()
    process.kill(process.pid, 'SIGSTOP')
  }

  readonly #onContinue = (): void => {
    this.#enter()
    this.#events.onRedraw()
  }

  readonly #onData = (text: string | Buffer): void => {
    this.#cancelRest()
    const { keys, rest } = keysOf(`${this.#rest}${text}`)
    this.#rest = rest
    for (const key of keys) this.#press(key)
    if (rest === '') return
    // The escape key alone is the start of every sequence.
    this.#cancelRest = nodeClock.after(topLimits.escapeMs, () => {
      this.#rest = ''
      for (const key of keysOfRest(rest)) this.#press(key)
    })
  }

  #press(key: Key): void {
    // The terminal sends no signal in raw mode. The whole group stops, as with the usual terminal.
    if (key === 'ctrl-z') process.kill(0, 'SIGTSTP')
    else this.#events.onKey(key)
  }
}
