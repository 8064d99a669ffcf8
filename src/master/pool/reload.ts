import type { RunSettings } from '../settings/run-settings.ts'
import type { Generation } from './generation.ts'

export interface ReloadOptions {
  /** The generation that serves until the new generation serves. */
  readonly base: Generation
  /** Workers of the base that served when the reload began. */
  readonly size: number
  /** The settings of the new generation. */
  readonly settings: Pick<RunSettings, 'reloadStrategy' | 'bootTimeoutMs'>
  /** Wanted workers before the reload, for the case that the reload fails. */
  readonly wantedBefore: number
  /** Called when no new worker has become ready for the time of a boot. */
  readonly onTimeout: () => void
}

/** A reload in progress: the generation before serves, and is kept whole. */
export class Reload {
  readonly #options: ReloadOptions
  #deadline: NodeJS.Timeout | undefined
  #baseSize: number
  #accepted: readonly string[] | undefined

  constructor(options: ReloadOptions) {
    this.#options = options
    this.#baseSize = options.size
  }

  get base(): Generation {
    return this.#options.base
  }

  get wantedBefore(): number {
    return this.#options.wantedBefore
  }

  /** The addresses of new code that listens on fewer addresses; undefined: all are required. */
  get accepted(): readonly string[] | undefined {
    return this.#accepted
  }

  accept(addresses: readonly string[]): void {
    this.#accepted = addresses
  }

  /**
   * The workers of the base.
   * @param ready new workers that serve.
   */
  baseSize(wanted: number, ready: number): number {
    const { settings, size } = this.#options
    if (settings.reloadStrategy === 'all-at-once') return size
    const replaced = Math.floor((Math.min(ready, wanted) * size) / Math.max(1, wanted))
    // A new worker that dies is replaced by a new worker.
    this.#baseSize = Math.min(this.#baseSize, size - replaced)
    return this.#baseSize
  }

  /**
   * The new workers.
   * @param isWaiting whether an old worker still ends, and needs its memory.
   */
  nextSize(wanted: number, ready: number, isWaiting: boolean): number {
    if (this.#options.settings.reloadStrategy === 'all-at-once') return wanted
    return Math.min(wanted, isWaiting ? ready : ready + 1)
  }

  /** Lets the time run in which a new worker has to become ready. */
  watch(): void {
    const { settings, onTimeout } = this.#options
    this.#deadline ??= setTimeout(() => {
      this.#deadline = undefined
      onTimeout()
    }, settings.bootTimeoutMs)
  }

  /** Stops the time: the next `watch()` starts the time over. */
  stop(): void {
    clearTimeout(this.#deadline)
    this.#deadline = undefined
  }
}
