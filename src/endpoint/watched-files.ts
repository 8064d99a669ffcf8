import { digestOf, readSmall, stampOf } from '../files/small-file.ts'
import { nodeClock } from '../support/clock.ts'
import { messageOf } from '../support/error-message.ts'

export interface WatchedFilesOptions<T> {
  /** The files for `make`; may throw. */
  readonly paths: () => readonly string[]
  /** Builds the value from the files' texts, in the order of `paths`. Throws for invalid texts. */
  readonly make: (texts: readonly string[]) => T
  /** Time after a poll found a change in which each poll reads the files, milliseconds. */
  readonly settleMs: number
  /** Called with each new value but the first. `load` returns the first value. */
  readonly onChange: (value: T) => void
  /** Called once for each invalid state of the files. The old value stays in use. */
  readonly onInvalid: (error: Error) => void
  /** The files are valid again. */
  readonly onValid: () => void
  /** Milliseconds of a monotonic clock. Default: the clock of Node. */
  readonly now?: () => number
}

/** A value from files. A change of the files causes a new value. */
export class WatchedFiles<T> {
  readonly #options: WatchedFilesOptions<T>
  #state: State = { kind: 'valid' }
  readonly #now: () => number
  #stamp: string | undefined
  /** When a poll first found the stamp. */
  #stampedAt = Number.NEGATIVE_INFINITY
  #digest: string | undefined

  constructor(options: WatchedFilesOptions<T>) {
    this.#options = options
    this.#now = options.now ?? nodeClock.now
  }

  /** @throws when `make` does, or when a file cannot be read. */
  load(): T {
    const result = this.#read(this.#options.paths(), undefined)
    if (result.kind === 'invalid') throw result.error
    if (result.kind === 'same') throw new Error('There is no value yet.')
    this.#digest = result.digest
    return result.value
  }

  /** Checks the files for changes. Call `load` first. Never throws. */
  poll(): void {
    const result = this.#check()
    if (result === 'unchanged') return
    if (result.kind === 'invalid') this.#noteInvalid(result)
    else this.#noteValid(result)
  }

  #check(): ReadResult<T> | 'unchanged' {
    try {
      const paths = this.#options.paths()
      const stamp = stampOf(paths)
      // By the monotonic clock, not by the times of the files: the system's clock can change.
      if (stamp !== this.#stamp) this.#stampedAt = this.#now()
      const isSettled = this.#now() - this.#stampedAt > this.#options.settleMs
      if (stamp === this.#stamp && isSettled && this.#state.kind !== 'suspect') return 'unchanged'
      this.#stamp = stamp
      return this.#read(paths, this.#digest)
    } catch (error) {
      return invalid(error, '')
    }
  }

  #read(paths: readonly string[], known: string | undefined): ReadResult<T> {
    let digest = ''
    try {
      const texts = paths.map(readSmall)
      digest = digestOf(texts)
      if (digest === known) return { kind: 'same' }
      return { kind: 'value', digest, value: this.#options.make(texts) }
    } catch (error) {
      return invalid(error, digest)
    }
  }

  /**
   * Reports a state at the second poll in a row. Between the replacements of several files, the
   * files often do not match.
   */
  #noteInvalid({ key, error }: InvalidResult): void {
    const state = this.#state
    if (state.kind === 'invalid' && state.key === key) return
    if (state.kind !== 'suspect' || state.key !== key) {
      this.#state = { kind: 'suspect', key, isReported: state.kind !== 'valid' && state.isReported }
      return
    }
    this.#state = { kind: 'invalid', key, isReported: true }
    this.#options.onInvalid(error)
  }

  #noteValid(result: Exclude<ReadResult<T>, InvalidResult>): void {
    const state = this.#state
    this.#state = { kind: 'valid' }
    if (state.kind !== 'valid' && state.isReported) this.#options.onValid()
    if (result.kind === 'same') return
    this.#digest = result.digest
    this.#options.onChange(result.value)
  }
}

/**
 * `key` identifies the texts, or the error of a failed read. `isReported`: `onInvalid` was called
 * since the files were last valid.
 */
type State =
  | { readonly kind: 'valid' }
  | { readonly kind: 'suspect'; readonly key: string; readonly isReported: boolean }
  | { readonly kind: 'invalid'; readonly key: string; readonly isReported: true }

type ReadResult<T> =
  | { readonly kind: 'value'; readonly value: T; readonly digest: string }
  /** The texts of the present value. */
  | { readonly kind: 'same' }
  | InvalidResult

interface InvalidResult {
  readonly kind: 'invalid'
  readonly key: string
  readonly error: Error
}

function invalid(error: unknown, digest: string): InvalidResult {
  const message = messageOf(error)
  return {
    kind: 'invalid',
    key: `${digest} ${message}`,
    error: error instanceof Error ? error : new Error(message),
  }
}
