import type { ReadStream, WriteStream } from 'node:tty'
import { keepAliveClock, nodeClock } from '../../support/clock.ts'
import { Readings } from './readings.ts'
import type { Reading } from './source/reading.ts'
import type { Source } from './source/source.ts'
import { History } from './state/history.ts'
import { pressed } from './state/press.ts'
import { firstState, type StateOptions, type TopState } from './state/top-state.ts'
import { Screen } from './terminal/screen.ts'
import { Terminal } from './terminal/terminal.ts'
import { type Ability, painted } from './text/style.ts'
import { type Frame, frameOf } from './view/frame.ts'

export interface SessionOptions {
  readonly source: Source
  readonly first: Reading
  readonly state: StateOptions
  readonly shownTarget: string
  readonly ability: Ability
  readonly input: ReadStream
  readonly output: WriteStream
}

/** Shows the figures on the whole terminal, until a key ends the session. */
export class Session {
  readonly #options: SessionOptions
  readonly #readings: Readings
  readonly #terminal: Terminal
  readonly #screen = new Screen()
  readonly #history = new History()
  #state: TopState
  /** While paused, the figures stay, and the readings go on. */
  #shown: Reading
  #shownAt = keepAliveClock.now()
  #frame: Frame | undefined
  #end: () => void = () => {}

  constructor(options: SessionOptions) {
    const { source, first, state, input, output } = options
    this.#options = options
    this.#state = firstState(state)
    this.#shown = first
    this.#history.add(first.document.history)
    this.#readings = new Readings({ source, first, onRound: (reading) => this.#take(reading) })
    this.#terminal = new Terminal(input, output, {
      onKey: (key) => this.#press(key),
      onRedraw: () => this.#redraw(),
      onGone: () => this.#end(),
    })
  }

  /** Resolves when the person ends the session, or when the terminal goes away. */
  async run(): Promise<void> {
    const stop = this.#terminal.start()
    const ended = new Promise<void>((resolve) => {
      this.#end = resolve
    })
    this.#readings.pace(this.#state.intervalSeconds, this.#state.instance)
    this.#redraw()
    // Ages grow between two readings.
    const stopTicks = nodeClock.every(1_000, () => this.#draw())
    try {
      await ended
    } finally {
      stopTicks()
      this.#readings.stop()
      stop()
      this.#options.source.close()
    }
  }

  #take(reading: Reading | undefined): void {
    if (reading) {
      this.#history.add(reading.document.history)
      if (!this.#state.isPaused) this.#show(reading)
    }
    this.#draw()
  }

  #show(reading: Reading): void {
    this.#shown = reading
    this.#shownAt = keepAliveClock.now()
  }

  #press(key: string): void {
    if (key === 'ctrl-l') this.#screen.forget()
    const { rows = [], listLines = 1, mostScroll = 0 } = this.#frame ?? {}
    const before = this.#state
    const next = pressed(before, key, { rows, listLines, mostScroll })
    if (next === 'quit') this.#end()
    else this.#apply(next, before)
  }

  #apply(next: TopState, before: TopState): void {
    this.#state = next
    const isOther = next.instance !== before.instance
    if (isOther) this.#history.clear()
    if (isOther || next.intervalSeconds !== before.intervalSeconds) {
      this.#readings.pace(next.intervalSeconds, next.instance)
    }
    if (before.isPaused && !next.isPaused) this.#show(this.#readings.last)
    this.#draw()
  }

  #redraw(): void {
    this.#screen.forget()
    this.#draw()
  }

  #draw(): void {
    if (!this.#terminal.isReady) return
    const { shownTarget, ability } = this.#options
    const { size } = this.#terminal
    const { failure, ageSeconds, retrySeconds } = this.#readings
    const shownSeconds = (keepAliveClock.now() - this.#shownAt) / 1_000
    const progress = {
      ...{ shownTarget, failure, retrySeconds },
      ageSeconds: this.#state.isPaused ? shownSeconds : ageSeconds,
    }
    const history = this.#history
    this.#frame = frameOf(this.#shown, { history, state: this.#state, progress, size })
    const lines = this.#frame.lines.map((line) => painted(line, size.columns, ability))
    this.#terminal.write(this.#screen.draw(lines))
  }
}
