import { digestOf, readSmall, stampOf } from '../files/small-file.ts'
import { endpointLimits } from '../limits/endpoint.ts'
import { messageOf } from '../support/error-message.ts'

export interface WatchedFilesOptions<T> {
  /** The files that the value is made of; may throw. */
  readonly paths: () => readonly string[]
  /** Makes the value of the files' texts, in the same order; throws where they are no good. */
  readonly make: (texts: readonly string[]) => T
  /** Called with every new value but the first, which `load` returns. */
  readonly onChange: (value: T) => void
  /** The files are no good and were not at the look before; the old value stays. Once per distinct state. */
  readonly onBad: (error: Error) => void
  /** The files are good again. */
  readonly onGood: () => void
}

/** A value made of files, and made anew when they change; one that cannot be made leaves the old one in place. */
export class WatchedFiles<T> {
  readonly #options: WatchedFilesOptions<T>
  #state: State = { kind: 'good' }
  #stamp: string | undefined
  #digest: string | undefined

  constructor(options: WatchedFilesOptions<T>) {
    this.#options = options
  }

  /** @throws where no value can be made. */
  load(): T {
    const made = this.#make(this.#options.paths(), undefined)
    if (made.kind === 'bad') throw made.error
    if (made.kind === 'same') throw new Error('There is no value yet.')
    this.#digest = made.digest
    return made.value
  }

  /** To be called every endpointLimits.filePollMs, once a value was loaded. Never throws. */
  look(): void {
    const made = this.#attempt()
    if (made === 'unchanged') return
    if (made.kind === 'bad') this.#doubt(made)
    else this.#trust(made)
  }

  #attempt(): Made<T> | 'unchanged' {
    try {
      const paths = this.#options.paths()
      const { text, changedAt } = stampOf(paths)
      const isAtRest = Date.now() - changedAt > endpointLimits.fileSettleMs
      if (text === this.#stamp && isAtRest && this.#state.kind !== 'suspect') return 'unchanged'
      this.#stamp = text
      return this.#make(paths, this.#digest)
    } catch (error) {
      return bad(error, '')
    }
  }

  #make(paths: readonly string[], known: string | undefined): Made<T> {
    let digest = ''
    try {
      const texts = paths.map(readSmall)
      digest = digestOf(texts)
      if (digest === known) return { kind: 'same' }
      return { kind: 'value', digest, value: this.#options.make(texts) }
    } catch (error) {
      return bad(error, digest)
    }
  }

  /** Whoever replaces several files writes one after the other: in between nothing is wrong. */
  #doubt({ key, error }: Extract<Made<T>, { kind: 'bad' }>): void {
    const state = this.#state
    if (state.kind === 'bad' && state.key === key) return
    if (state.kind !== 'suspect' || state.key !== key) {
      this.#state = { kind: 'suspect', key, isReported: state.kind !== 'good' && state.isReported }
      return
    }
    this.#state = { kind: 'bad', key, isReported: true }
    this.#options.onBad(error)
  }

  #trust(made: Exclude<Made<T>, { kind: 'bad' }>): void {
    const state = this.#state
    this.#state = { kind: 'good' }
    if (state.kind !== 'good' && state.isReported) this.#options.onGood()
    if (made.kind === 'same') return
    this.#digest = made.digest
    this.#options.onChange(made.value)
  }
}

/** `key` tells apart what was read, or why it could not be; `isReported` that somebody waits to hear of a better end. */
type State =
  | { readonly kind: 'good' }
  | { readonly kind: 'suspect'; readonly key: string; readonly isReported: boolean }
  | { readonly kind: 'bad'; readonly key: string; readonly isReported: true }

type Made<T> =
  | { readonly kind: 'value'; readonly value: T; readonly digest: string }
  /** The texts are those of the present value. */
  | { readonly kind: 'same' }
  | { readonly kind: 'bad'; readonly key: string; readonly error: Error }

function bad(error: unknown, digest: string): Extract<Made<never>, { kind: 'bad' }> {
  const message = messageOf(error)
  return {
    kind: 'bad',
    key: `${digest} ${message}`,
    error: error instanceof Error ? error : new Error(message),
  }
}
