import { relayLimits } from '../limits/relay.ts'
import type { UncaughtError } from '../model/death.ts'
import type { Metric } from '../model/metric.ts'
import { type Clock, nodeClock } from '../support/clock.ts'
import type { Stop } from '../support/stop.ts'
import { withTimeLimit } from '../support/time-limit.ts'
import { encodeReport, failedReport, type Source } from './report.ts'
import { ReportBuilder, type ReportExtras } from './report-builder.ts'
import { newRound, type Round } from './round.ts'

/** Carries reports to the aggregating process or thread. No function throws. */
export interface Transport {
  /** @param done called once; with an error if the report was not sent. */
  readonly send: (text: string, done: (error?: unknown) => void) => void
  /**
   * Sends a last report, synchronously, because the process is about to end.
   * @returns false if there is no room for the report.
   */
  readonly sendLast: (text: string) => boolean
  /**
   * Leaves a complete last report in a file, in place of an earlier file. A receiver that is about
   * to end reads no more messages, but reads the files. Undefined: `sendLast` is enough.
   * @param isSent whether `sendLast` sent the report, too.
   */
  readonly leave?: (text: string, isSent: boolean) => void
}

export type ReporterLimits = Readonly<
  Record<'reportIntervalMs' | 'reportTimeoutMs' | 'seriesPerSource', number>
>

export interface ReporterOptions {
  readonly transport: Transport
  readonly source: () => Source
  /** Reads all metrics. Observable instruments may take time. */
  readonly collect: () => Promise<readonly Metric[]>
  /** Reads the metrics without waiting. Used when the process ends. */
  readonly collectNow: () => readonly Metric[]
  readonly onFault: (part: string) => void
  /** Whether a report without changes shows that the process lives. Default: false. */
  readonly reportsWithoutChanges?: boolean
  /**
   * Whether the first report leaves before the constructor returns: a process that hangs while it
   * starts is then known. Default: false.
   */
  readonly reportsAtOnce?: boolean
  /** Default: `relayLimits`. */
  readonly limits?: ReporterLimits
  /** Default: the clock of Node. */
  readonly clock?: Clock
}

type State = 'idle' | 'collecting' | 'sending' | 'stopped'

/** Sends the changes about once a second, one report at a time. */
export class Reporter {
  readonly #options: ReporterOptions
  readonly #limits: ReporterLimits
  readonly #clock: Clock
  readonly #builder: ReportBuilder
  readonly #stopTimer: Stop
  #state: State = 'idle'
  /** The current round. A late result of an earlier round is ignored. */
  #round: Round

  constructor(options: ReporterOptions) {
    this.#options = options
    this.#limits = options.limits ?? relayLimits
    this.#clock = options.clock ?? nodeClock
    this.#builder = new ReportBuilder(this.#limits.seriesPerSource)
    this.#round = newRound(this.#clock.now())
    if (options.reportsAtOnce) this.#send(() => options.collectNow(), this.#begin('collecting'))
    this.#stopTimer = this.#clock.every(this.#limits.reportIntervalMs, () => this.#tickOrFail())
    // The report announces each series of the application before its first increment. Not
    // `setImmediate`: Node prints a warning for an immediate in a program with a `domain`.
    this.#clock.after(0, () => this.#tickOrFail())
  }

  get #isBusy(): boolean {
    return this.#state === 'collecting' || this.#state === 'sending'
  }

  /** The next report contains all values. */
  resetBaseline(): void {
    this.#builder.resetBaseline()
  }

  /**
   * Sends the changes now, synchronously, and leaves a complete report in a file.
   * @param error the uncaught error that ends the process.
   */
  flush(error?: UncaughtError): void {
    if (this.#state === 'stopped') return
    const { transport, collectNow } = this.#options
    // The process may end before an unacknowledged report arrives.
    if (this.#state === 'sending') this.#builder.resetBaseline()
    this.#begin('idle')
    let metrics: readonly Metric[] | undefined
    const read = (): readonly Metric[] => {
      metrics ??= collectNow()
      return metrics
    }
    const changes = this.#next(read, { error })
    const isSent = changes !== undefined && transport.sendLast(changes)
    if (!transport.leave) return
    this.#builder.resetBaseline()
    const complete = this.#next(read, { error })
    if (complete !== undefined) transport.leave(complete, isSent)
    // No acknowledgement shows which of the two arrives.
    this.#builder.resetBaseline()
  }

  /**
   * Reports the changes after the current report. Resolves when the transport has taken
   * the report, or after `reportTimeoutMs`. Never rejects. Does not keep the process alive.
   */
  async report(): Promise<void> {
    const { reportTimeoutMs } = this.#limits
    if (this.#isBusy) await withTimeLimit(this.#round.ended, reportTimeoutMs)
    this.#tick()
    if (this.#isBusy) await withTimeLimit(this.#round.ended, reportTimeoutMs)
  }

  stop(): void {
    this.#begin('stopped')
    this.#stopTimer()
  }

  /** An error here is a fault of a built-in function that the application has broken. */
  #tickOrFail(): void {
    try {
      this.#tick()
    } catch (error) {
      this.#end(this.#round)
      this.#showLife()
      throw error
    }
  }

  #tick(): void {
    if (this.#state === 'stopped') return
    // Without this limit, one lost acknowledgement would stop all reports of the process.
    const isInTime = this.#clock.now() - this.#round.startedAt < this.#limits.reportTimeoutMs
    if (this.#isBusy && isInTime) return
    if (this.#state === 'sending') this.#builder.resetBaseline()
    const round = this.#begin('collecting')
    const failed = (): void => {
      this.#options.onFault('collect')
      this.#showLife()
      this.#end(round)
    }
    // The second handler also gets an error of the first handler.
    this.#options
      .collect()
      .then((metrics) => this.#send(() => metrics, round))
      .then(undefined, failed)
  }

  #send(read: () => readonly Metric[], round: Round): void {
    if (round !== this.#round) return
    const text = this.#next(read, { isSentEmpty: this.#options.reportsWithoutChanges })
    this.#state = 'sending'
    if (text === undefined) {
      this.#end(round)
      return
    }
    this.#options.transport.send(text, (error) => {
      if (error && round === this.#round) this.#builder.resetBaseline()
      this.#end(round)
    })
  }

  /** Without a report, a process looks hung. */
  #showLife(): void {
    this.#options.transport.send(failedReport, () => {})
  }

  #next(read: () => readonly Metric[], extras: ReportExtras): string | undefined {
    const dropped = this.#builder.dropped
    try {
      const report = this.#builder.next(read(), this.#options.source(), extras)
      if (this.#builder.dropped > dropped) this.#options.onFault('series_limit')
      return report && encodeReport(report)
    } catch {
      // The builder counts the series of the report as announced, but the report is lost.
      this.#builder.resetBaseline()
      this.#options.onFault('report')
      this.#showLife()
      return undefined
    }
  }

  #begin(state: State): Round {
    this.#state = state
    this.#round.end()
    this.#round = newRound(this.#clock.now())
    return this.#round
  }

  #end(round: Round): void {
    if (round === this.#round) this.#state = 'idle'
    round.end()
  }
}
