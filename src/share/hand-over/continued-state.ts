import { shareLimits } from '../../limits/share.ts'
import { MergeRules, type MergeSettings } from '../../model/merging/merge-rules.ts'
import type { Metric } from '../../model/metric.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import { CarriedTotals } from '../succession/carried-totals.ts'
import { ConfirmedTotals, nonMonotonic } from '../succession/confirmed-totals.ts'
import type { Moment } from '../succession/retained-series.ts'
import { joinedMetrics } from './joined-metrics.ts'
import type { MasterState } from './master-state.ts'

export interface ContinuedStateOptions extends MergeSettings {
  readonly usesSlots: boolean
  readonly retentionMs: number
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now'>
}

/** The metrics of this master, of ended processes before, and of the other master of an upgrade. */
export class ContinuedState {
  readonly #options: ContinuedStateOptions
  readonly #rules: MergeRules
  readonly #clock: Pick<Clock, 'now'>
  /**
   * The totals of ended processes, the earliest first; at most shareLimits.retainedProcesses. The
   * order of the additions stays, because the sum of fractions depends on the order.
   */
  readonly #earlier: CarriedTotals[] = []
  /** The last state of the other master while the master lives. */
  #other: MasterState | undefined
  readonly #confirmed = new ConfirmedTotals()

  constructor(options: ContinuedStateOptions) {
    this.#options = options
    this.#rules = new MergeRules(options)
    this.#clock = options.clock ?? nodeClock
  }

  /** Takes the current state of the other master. */
  setOther(state: MasterState): void {
    this.#other = state
  }

  /** Continues the last state of the other master, which has ended. */
  keepOther(): void {
    if (!this.#other) return
    this.continue(this.#other)
    this.#other = undefined
    // The confirmed totals lack the totals of the other master.
    this.#confirmed.outdate(this.#clock.now())
  }

  /** Continues the totals of a process that has ended. */
  continue(previous: MasterState): void {
    this.#earlier.push(this.#carried(previous, this.#moment()))
    if (this.#earlier.length > shareLimits.retainedProcesses) this.#merge()
  }

  /** The state of this master with all earlier totals, without the other master. */
  ownState(own: readonly Metric[]): MasterState {
    const moment = this.#moment()
    return {
      metrics: this.#earlier.reduce<readonly Metric[]>((all, each) => each.joined(all), own),
      retained: this.#earlier
        .flatMap((each) => each.retained(moment))
        .slice(-shareLimits.retainedProcesses),
    }
  }

  /** The state of both masters. @param state the state of this master. */
  withOther(state: MasterState): MasterState {
    const other = this.#other
    if (!other) return state
    const retained = [...state.retained, ...other.retained]
    return {
      metrics: joinedMetrics(state.metrics, other.metrics, this.#rules),
      retained: retained.slice(-shareLimits.retainedProcesses),
    }
  }

  /** Notes that a state of this master outlives the process. */
  confirm(state: MasterState, collectedAt: number): void {
    this.#confirmed.confirm(state, collectedAt)
  }

  /**
   * All metrics for the page.
   * @param confirmedOnly whether another process continues the confirmed totals after a crash. The
   * page then shows no newer totals, so that no total falls.
   */
  page(own: readonly Metric[], confirmedOnly: boolean): Metric[] {
    const confirmed = confirmedOnly ? this.#confirmed.at(this.#clock.now()) : undefined
    const shown = confirmed ? [...confirmed, ...nonMonotonic(own)] : allOf(this.ownState(own))
    return this.#other ? joinedMetrics(shown, allOf(this.#other), this.#rules) : shown
  }

  #moment(): Moment {
    return { now: this.#clock.now(), unixNow: Date.now() }
  }

  #merge(): void {
    const [first, second, ...others] = this.#earlier
    if (!first || !second) return
    const moment = this.#moment()
    const previous = {
      metrics: second.joined(first.joined([])),
      retained: [...first.retained(moment), ...second.retained(moment)],
    }
    this.#earlier.splice(0, this.#earlier.length, this.#carried(previous, moment), ...others)
  }

  #carried(previous: MasterState, moment: Moment): CarriedTotals {
    const { usesSlots, retentionMs } = this.#options
    return new CarriedTotals({ previous, moment, usesSlots, rules: this.#rules, retentionMs })
  }
}

function allOf({ metrics, retained }: MasterState): Metric[] {
  return [...metrics, ...retained.flatMap((each) => each.metrics)]
}
