import { shareLimits } from '../../limits/share.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import type { ErrorCode } from '../../model/errors/error-table.ts'
import type { Metric } from '../../model/metric.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import { messageOf } from '../../support/error-message.ts'
import { failureChanges } from '../../support/failure-changes.ts'
import type { ContinuedState } from './continued-state.ts'
import { StateFile, type Taken } from './state-file.ts'
import type { StateSettings } from './state-settings.ts'

export interface StateStoreOptions {
  readonly settings: StateSettings
  readonly continued: ContinuedState
  readonly collect: () => readonly Metric[]
  /** Whether the other master of an upgrade writes the file, or gets the totals too. */
  readonly other: () => 'writes' | 'reads' | undefined
  /** Called with a text for the operator. */
  readonly onNotice: (text: CodedText) => void
  readonly onFault: () => void
  /** Default: the file of the settings. */
  readonly file?: Pick<StateFile, 'take' | 'write'>
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'now' | 'every'>
}

/** Continues the totals of an earlier process, and writes the totals for the next process. */
export class StateStore {
  readonly #options: StateStoreOptions
  readonly #file: Pick<StateFile, 'take' | 'write'>
  readonly #clock: Pick<Clock, 'now' | 'every'>
  readonly #reportChange: (error: string | undefined) => void
  readonly #reportTaking: (error: string | undefined) => void
  #attemptedAt = Number.NEGATIVE_INFINITY
  /**
   * `off`: another process writes the file. `unread`: the file may have totals that the system
   * cannot read now, and a write would replace the totals.
   */
  #state: 'on' | 'off' | 'unread' = 'on'

  constructor(options: StateStoreOptions) {
    const { settings, onNotice, file = new StateFile(settings), clock = nodeClock } = options
    this.#options = options
    this.#file = file
    this.#clock = clock
    const place = `the directory of ${settings.setting}`
    this.#reportChange = failureChanges({
      onFailing: (error) =>
        onNotice(coded(code, `totals cannot be written to ${place}, trying again: ${error}`)),
      onRecovered: () => onNotice(coded('GPE_RECOVERED', `totals are written to ${place} again`)),
    })
    this.#reportTaking = failureChanges({
      onFailing: (error) =>
        onNotice(coded(code, `totals in ${place} cannot be read, trying again: ${error}`)),
      onRecovered: () => onNotice(coded('GPE_RECOVERED', `totals in ${place} can be read again`)),
    })
    clock.every(shareLimits.stateWriteMs, () => this.write(false))
  }

  /** Whether the next process continues the totals of the file. */
  get isOn(): boolean {
    return this.#state === 'on' && this.#options.other() === undefined
  }

  /** Takes the totals of an earlier process. @returns whether there are any. */
  take(): boolean {
    try {
      const taken = this.#file.take()
      this.#state = 'on'
      this.#use(taken)
      this.#reportTaking(undefined)
      return taken.kind === 'state'
    } catch (error) {
      this.#state = 'unread'
      this.#options.onFault()
      this.#reportTaking(messageOf(error))
      return false
    }
  }

  /** Writes the totals before a page, unless the last write was less than a second ago. */
  beforePage(): void {
    if (this.#clock.now() - this.#attemptedAt >= shareLimits.stateWriteMs) this.write(false)
  }

  write(hasEnded: boolean): void {
    const { continued, collect, other, onFault } = this.#options
    if (this.#state === 'off' || other() === 'writes') return
    const collectedAt = this.#clock.now()
    this.#attemptedAt = collectedAt
    if (this.#state === 'unread') this.take()
    if (this.#state !== 'on') return
    try {
      const own = continued.ownState(collect())
      this.#file.write(continued.withOther(own), hasEnded)
      if (other() === undefined) continued.confirm(own, collectedAt)
      this.#reportChange(undefined)
    } catch (error) {
      onFault()
      this.#reportChange(messageOf(error))
    }
  }

  #use(taken: Taken): void {
    const { continued, onNotice, settings } = this.#options
    const place = `the directory of ${settings.setting}`
    if (taken.kind === 'state') continued.continue(taken.state)
    if (taken.kind === 'ignored')
      onNotice(coded(code, `the totals in ${place} are ignored, and start at 0: ${taken.reason}`))
    if (taken.kind !== 'foreign') return
    this.#state = 'off'
    const other = `process ${taken.pid} of the same service`
    onNotice(
      coded('GPE_STATE_TAKEN', `${other} writes its totals to ${place}, and this process does not`),
    )
  }
}

const code: ErrorCode = 'GPE_STATE_DIRECTORY'
