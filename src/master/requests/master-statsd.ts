import { requestLimits } from '../../limits/tools/requests.ts'
import type { CodedText } from '../../model/errors/coded-text.ts'
import type { StatsdSettings } from '../../model/request/observer-settings.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import type { Stop } from '../../support/stop.ts'
import { StatsdClient, statsdFaults } from './statsd-client.ts'
import { counter } from './statsd-requests.ts'

export interface MasterStatsdOptions {
  /** The number of living workers. */
  readonly workers: () => number
  /** Counts a lost datagram. */
  readonly count: () => void
  readonly warn: (text: CodedText) => void
}

const counted = ['critical', 'error', 'warning'] as const

/** Sends gunicorn's metrics of the master to StatsD: the workers, and the lines of the log. */
export class MasterStatsd {
  readonly #options: MasterStatsdOptions
  readonly #clock: Clock
  #client: StatsdClient | undefined
  #settings: string | undefined
  #workers: number | undefined
  #stopTimer: Stop = () => {}
  #isOff = false
  /** By level. */
  readonly #lines = new Map<string, number>()

  constructor(options: MasterStatsdOptions, clock: Clock = nodeClock) {
    this.#options = options
    this.#clock = clock
  }

  /** Uses the settings from now on. Without settings, no timer wakes the master. */
  use(settings: StatsdSettings | undefined): void {
    this.#isOff = settings === undefined
    if (this.#isOff) this.#lines.clear()
    const text = JSON.stringify(settings)
    if (text === this.#settings) return
    this.#settings = text
    this.#stopTimer()
    this.#client?.close()
    this.#workers = undefined
    this.#client = settings && this.#open(settings)
    this.#stopTimer = settings
      ? this.#clock.every(requestLimits.statsdMs, () => this.flush())
      : () => {}
  }

  /** Counts a line of the log. Lines before the first settings count, too. */
  logged(level: string): void {
    if (this.#isOff) return
    if (counted.some((each) => each === level)) {
      this.#lines.set(level, (this.#lines.get(level) ?? 0) + 1)
    }
  }

  flush(): void {
    const lines = [...this.#lines].map(([level, count]) => counter(`gunicorn.log.${level}`, count))
    this.#lines.clear()
    const workers = this.#options.workers()
    if (workers !== this.#workers) lines.push(`gunicorn.workers:${workers}|g`)
    this.#workers = workers
    this.#client?.send(lines)
  }

  #open(settings: StatsdSettings): StatsdClient {
    const faults = statsdFaults(settings, this.#options)
    return new StatsdClient({ ...settings, onLost: (...lost) => faults.lost(...lost) })
  }
}
