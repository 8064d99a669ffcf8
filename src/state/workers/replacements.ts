import type { ClusterEvent } from '../../model/cluster-event.ts'
import { RestartCounts } from './restart-counts.ts'
import type { WorkerRecord } from './worker-record.ts'

type Exited = Extract<ClusterEvent, { kind: 'exited' | 'ended' }>

/** Which forks replace which workers. */
export class Replacements {
  readonly restarts: RestartCounts = new RestartCounts()
  #wanted: number | undefined

  /** How many workers the master wants. Undefined without a master. */
  get wanted(): number | undefined {
    return this.#wanted
  }

  want(count: number): void {
    this.#wanted = count
    if (count === 0) this.restarts.stopReplacing()
  }

  /** @param live the live workers before the fork. @param count their number, as on the page. */
  forked(live: readonly WorkerRecord[], count: number): void {
    const departing = this.#departing(live)
    if (departing) departing.presence = 'replaced'
    else this.restarts.countFork(this.#wanted !== undefined && count >= this.#wanted)
  }

  /** At once, and not at the end: the replacement is forked between the two. */
  exited({ presence }: Pick<WorkerRecord, 'presence'>, { voluntary, cause }: Exited): void {
    if (presence === 'replaced') this.restarts.countReplaced()
    // A master replaces a worker that another process has asked to quit.
    else if (cause === 'quit' && this.#wanted !== 0)
      this.restarts.expectReplacement(false, undefined)
    else this.restarts.expectReplacement(voluntary, cause)
  }

  /**
   * The worker that a fork replaces before the worker's end. Applications without a master fork at
   * 'disconnect', too.
   */
  #departing(live: readonly WorkerRecord[]): WorkerRecord | undefined {
    if (this.#wanted !== undefined || this.restarts.failedUnreplaced > 0) return undefined
    return live.find(({ presence }) => presence === 'disconnected')
  }
}
