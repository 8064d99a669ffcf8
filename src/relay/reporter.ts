import { limits } from '../limits.ts'
import type { Metric } from '../model/metric.ts'
import { Changes } from './changes.ts'
import { encodeReport, type Report, type Source } from './report.ts'

/** Takes reports to the ledger's side. Neither function throws. */
export interface Carrier {
  /** @param done called once, with an error where the report did not go out. */
  readonly send: (text: string, done: (error?: unknown) => void) => void
  /** Takes a last report, synchronously: the process is about to end. */
  readonly sendLast: (text: string) => void
}

export interface ReporterOptions {
  readonly carrier: Carrier
  readonly source: () => Source
  /** Reads all metrics; may take its time. */
  readonly collect: () => Promise<readonly Metric[]>
  /** Reads what can be read at once, at the end of the process. */
  readonly collectNow: () => readonly Metric[]
  readonly onFault: (part: string) => void
}

export interface Reporter {
  /** Says everything again, from the next report on. */
  readonly startOver: () => void
  /** Sends what changed, now and synchronously. */
  readonly flush: () => void
  readonly stop: () => void
}

type State = 'idle' | 'collecting' | 'sending' | 'stopped'

/** Pushes what changed about once a second, one report at a time. */
export function startReporter(options: ReporterOptions): Reporter {
  const { carrier, source, collect, collectNow, onFault } = options
  const changes = new Changes(limits.seriesPerSource)
  let state: State = 'idle'
  let busySince = 0

  function tick(): void {
    const waits = state === 'collecting' || state === 'sending'
    // A peer that neither acknowledges nor refuses must not silence us for ever.
    if (waits && performance.now() - busySince < limits.reportPatienceMs) return
    busySince = performance.now()
    state = 'collecting'
    collect().then(send, () => {
      onFault('collect')
      rest()
    })
  }

  function send(metrics: readonly Metric[]): void {
    if (state !== 'collecting') return
    const report = next(metrics)
    if (!report) return rest()
    state = 'sending'
    carrier.send(encodeReport(report), (error) => {
      if (error) changes.startOver()
      rest()
    })
  }

  function next(metrics: readonly Metric[]): Report | undefined {
    try {
      return changes.next(metrics, source())
    } catch {
      onFault('report')
      return undefined
    }
  }

  function rest(): void {
    if (state !== 'stopped') state = 'idle'
  }

  const timer = setInterval(tick, limits.reportIntervalMs).unref()
  const reporter: Reporter = {
    startOver: () => changes.startOver(),
    flush() {
      if (state === 'stopped') return
      // A report still on its way may never arrive once the process ends: say everything again.
      if (state === 'sending') changes.startOver()
      state = 'idle'
      const report = next(collectNow())
      if (report) carrier.sendLast(encodeReport(report))
    },
    stop() {
      state = 'stopped'
      clearInterval(timer)
    },
  }
  // The first report goes out at once, so that every series exists before its first increment.
  setImmediate(tick).unref()
  return reporter
}
