import type { Clock } from '../../src/support/clock.ts'
import type { Stop } from '../../src/support/stop.ts'

interface Timer {
  due: number
  readonly periodMs: number | undefined
  readonly act: () => void
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>()
  #now = 0

  readonly now = (): number => this.#now

  readonly after = (delayMs: number, act: () => void): Stop =>
    this.#add({ due: this.#now + delayMs, periodMs: undefined, act })

  readonly every = (periodMs: number, act: () => void): Stop =>
    this.#add({ due: this.#now + periodMs, periodMs, act })

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Lets time pass while code runs. No timer is called before the next `advance`. */
  spend(ms: number): void {
    this.#now += ms
  }

  /** Calls back all that is due on the way, in order, and waits for promises in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (let timer = this.#next(end); timer; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.due)
      if (timer.periodMs === undefined) this.#timers.delete(timer)
      else timer.due += timer.periodMs
      timer.act()
      await settled()
    }
    this.#now = Math.max(this.#now, end)
    await settled()
  }

  #add(timer: Timer): Stop {
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  #next(end: number): Timer | undefined {
    const due = [...this.#timers].filter((timer) => timer.due <= end)
    return due.sort((left, right) => left.due - right.due)[0]
  }
}

/** Resolves when promises that can settle without I/O or timers have settled. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
