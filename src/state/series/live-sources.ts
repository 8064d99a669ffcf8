import type { Report, Source } from '../../relay/report.ts'
import { LiveSource } from './live-source.ts'

/** The sources of reports by fork number. An ended source stays until `delete`. */
export class LiveSources {
  readonly #byFork = new Map<number, LiveSource>()
  #hasOwnSdks = false

  /** Whether an SDK of the application exports metrics, too. */
  get hasOwnSdks(): boolean {
    return this.#hasOwnSdks
  }

  get(forkNumber: number): LiveSource | undefined {
    return this.#byFork.get(forkNumber)
  }

  register(forkNumber: number, identity: Source): LiveSource {
    const source = new LiveSource(forkNumber, identity)
    this.#byFork.set(forkNumber, source)
    this.#hasOwnSdks ||= identity.hasOwnSdk === true
    return source
  }

  delete(forkNumber: number): void {
    this.#byFork.delete(forkNumber)
  }

  /** Refuses ended sources, which the totals contain, and reports with another worker's number. */
  mayReport(forkNumber: number, { source }: Report): boolean {
    const known = this.get(forkNumber)
    if (known?.hasEnded) return false
    if (source === undefined) return true
    if (known && !known.isProcess(source)) return false
    // Fork 0 is the aggregator's own process. A single process reports as worker 1.
    return forkNumber === 0 || source.forkNumber === forkNumber
  }
}
