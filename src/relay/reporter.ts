import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval, setTimeout } from 'node:timers'
import { relayLimits } from '../limits/relay.ts'
import type { Metric } from '../model/metric.ts'
import { withTimeLimit } from '../support/time-limit.ts'
import { encodeReport, type Source } from './report.ts'
import { ReportBuilder } from './report-builder.ts'

/** Takes reports to the ledger's side. Neither function throws. */
export interface Transport {
  /** @param done called once, with an error where the report did not go out. */
  readonly send: (text: string, done: (error?: unknown) => void) => void
  /**
   * Takes a last report, synchronously: the process is about to end.
   * @returns 'left' where it waits for the process's end, and a later one replaces it.
   */
  readonly sendLast: (text: string) => 'sent' | 'left'
}

export interface ReporterOptions {
  readonly carrier: Transport
  readonly source: () => Source
  /** Reads all metrics; may take its time. */
  readonly collect: () => Promise<readonly Metric[]>
  /** Reads what can be read at once, at the end of the process. */
  readonly collectNow: () => readonly Metric[]
  readonly onFault: (part: string) => void
}

type State = 'idle' | 'collecting' | 'sending' | 'stopped'

/** From the collection of a report to its acknowledgement, or until it is given up. */
interface Round {
  readonly ended: Promise<void>
  readonly end: () => void
}

/** Pushes what changed about once a second, one report at a time. */
export class Reporter {
  readonly #options: ReporterOptions
  readonly #changes = new ReportBuilder(relayLimits.seriesPerSource)
  readonly #timer: NodeJS.Timeout
  #state: State = 'idle'
  #busySince = 0
  /** The present one: what an abandoned one still says is not taken for its. */
  #round = newRound()

  constructor(options: ReporterOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#tick(), relayLimits.reportIntervalMs).unref()
    // The first report goes out at once, so that every series exists before its first increment. Not by an
    // immediate: in a program that has entered a `domain` Node would warn of it.
    setTimeout(() => this.#tick(), 0).unref()
  }

  get #isBusy(): boolean {
    return this.#state === 'collecting' || this.#state === 'sending'
  }

  /** Says everything again, from the next report on. */
  resetBaseline(): void {
    this.#changes.startOver()
  }

  /** Sends what changed, now and synchronously. */
  flush(): void {
    if (this.#state === 'stopped') return
    // A report still on its way may never arrive once the process ends: say everything again.
    if (this.#state === 'sending') this.#changes.startOver()
    this.#begin('idle')
    const text = this.#next(() => this.#options.collectNow())
    const fate = text === undefined ? undefined : this.#options.carrier.sendLast(text)
    if (fate === 'left') this.#changes.startOver()
  }

  /**
   * Reports what changed, after what is under way. Resolves when the channel has taken it, or has not for as long as a
   * report may take; never rejects. Keeps no process alive.
   */
  async report(): Promise<void> {
    if (this.#isBusy) await withTimeLimit(this.#round.ended, relayLimits.reportTimeoutMs)
    this.#tick()
    if (this.#isBusy) await withTimeLimit(this.#round.ended, relayLimits.reportTimeoutMs)
  }

  stop(): void {
    this.#begin('stopped')
    clearInterval(this.#timer)
  }

  #tick(): void {
    if (this.#state === 'stopped') return
    // A peer that neither acknowledges nor refuses must not silence us for ever.
    const isPatient = performance.now() - this.#busySince < relayLimits.reportTimeoutMs
    if (this.#state !== 'idle' && isPatient) return
    if (this.#state === 'sending') this.#changes.startOver()
    const round = this.#begin('collecting')
    this.#busySince = performance.now()
    this.#options.collect().then(
      (metrics) => this.#send(metrics, round),
      () => {
        this.#options.onFault('collect')
        this.#rest(round)
      },
    )
  }

  #send(metrics: readonly Metric[], round: Round): void {
    if (round !== this.#round) return
    const text = this.#next(() => metrics)
    this.#state = 'sending'
    if (text === undefined) {
      this.#rest(round)
      return
    }
    this.#options.carrier.send(text, (error) => {
      if (error && round === this.#round) this.#changes.startOver()
      this.#rest(round)
    })
  }

  #next(read: () => readonly Metric[]): string | undefined {
    const dropped = this.#changes.dropped
    try {
      const report = this.#changes.next(read(), this.#options.source())
      if (this.#changes.dropped > dropped) this.#options.onFault('series_limit')
      return report && encodeReport(report)
    } catch {
      // What was announced in it has not been told.
      this.#changes.startOver()
      this.#options.onFault('report')
      return undefined
    }
  }

  #begin(state: State): Round {
    this.#state = state
    this.#round.end()
    this.#round = newRound()
    return this.#round
  }

  #rest(round: Round): void {
    if (round === this.#round && this.#state !== 'stopped') this.#state = 'idle'
    round.end()
  }
}

function newRound(): Round {
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return { ended, end }
}
