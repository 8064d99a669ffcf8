import { requestLimits } from '../../limits/tools/requests.ts'
import type { CodedText } from '../../model/errors/coded-text.ts'
import type { StatsdSettings } from '../../model/request/observer-settings.ts'
import { type RequestEnd, requestEndChannel } from '../../model/request/request-end.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import { messageOf } from '../../support/error-message.ts'
import { guarded } from '../../support/guarded.ts'
import { observeChannel } from '../../support/observe-channel.ts'
import { type Stop, stopAll } from '../../support/stop.ts'
import { agentFaults, type FaultReports } from './fault-reports.ts'
import { SeenRequest } from './seen-request.ts'
import { StatsdClient, statsdFaults } from './statsd-client.ts'

/**
 * Sends gunicorn's metrics of requests to StatsD. gunicorn sends three datagrams for each request.
 * Here, a request costs two additions: counts are sent once a second, and each time as a line.
 */
export class StatsdRequests {
  readonly #client: StatsdClient
  readonly #faults: FaultReports
  readonly #stops: Stop[]
  readonly #times = new Float64Array(requestLimits.statsdTimes)
  #count = 0
  /** Bounded by the three digits of a status. */
  readonly #statuses = new Map<number, number>()

  /** @param warn prints a warning. Must not throw. */
  constructor(settings: StatsdSettings, warn: (text: CodedText) => void, clock: Clock = nodeClock) {
    const faults = statsdFaults(settings, { warn, count: agentFaults('statsd') })
    this.#faults = faults
    this.#client = new StatsdClient({ ...settings, onLost: (...lost) => faults.lost(...lost) })
    const onFault = (): void => faults.lost(1, 'an error of the agent')
    const flush = guarded(() => this.#flush(), onFault)
    const note = guarded((end: RequestEnd) => this.#note(end), onFault)
    this.#stops = [
      observeChannel<RequestEnd>(requestEndChannel, note),
      clock.every(requestLimits.statsdMs, flush),
    ]
  }

  /** Sends all values, and stops. */
  close(): void {
    stopAll(this.#stops)
    try {
      this.#flush()
    } catch (error) {
      this.#faults.lost(1, messageOf(error))
    }
  }

  #note(end: RequestEnd): void {
    const { status, seconds } = new SeenRequest(end)
    this.#times[this.#count] = seconds
    this.#count += 1
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    if (this.#count === requestLimits.statsdTimes) this.#flush()
  }

  #flush(): void {
    if (this.#count === 0) return
    const times = this.#times.subarray(0, this.#count)
    const lines = Array.from(
      times,
      (seconds) => `gunicorn.request.duration:${milliseconds(seconds)}|ms`,
    )
    lines.push(counter('gunicorn.requests', this.#count))
    for (const [status, count] of this.#statuses) {
      lines.push(counter(`gunicorn.request.status.${status}`, count))
    }
    this.#count = 0
    this.#statuses.clear()
    this.#client.send(lines)
  }
}

/** A counter, with gunicorn's sampling rate. */
export function counter(name: string, count: number): string {
  return `${name}:${count}|c|@1.0`
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e3
}
