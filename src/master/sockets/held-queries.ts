import type { Worker } from 'node:cluster'
import { masterLimits } from '../../limits/master.ts'
import { isEnvelope } from '../../support/envelope.ts'
import { warmCommand, warmingCommand } from '../warm-up/message.ts'
import { parseFromWorker } from './cluster-message.ts'

/**
 * Holds the calls of `listen()` of a worker that warms up. `cluster` reads the calls when the
 * worker is warm. Until then, the worker gets no connections, and does not count as ready.
 */
export class HeldQueries {
  /** Bounded by `masterLimits.addresses`. */
  readonly #held: (readonly unknown[])[] = []
  #isWarming = false

  constructor(child: Worker['process']) {
    const { emit } = child
    const pass = (name: string | symbol, values: readonly unknown[]): boolean =>
      Reflect.apply(emit, child, [name, ...values]) as boolean
    child.emit = (name: string | symbol, ...values: readonly unknown[]): boolean => {
      if (name !== 'internalMessage') return pass(name, values)
      for (const each of this.#released(values[0])) pass(name, each)
      return this.#holds(values) || pass(name, values)
    }
  }

  /** @returns the messages that no longer have to wait. */
  #released(message: unknown): readonly (readonly unknown[])[] {
    if (isEnvelope(message, warmingCommand)) this.#isWarming = true
    if (!isEnvelope(message, warmCommand)) return []
    this.#isWarming = false
    return this.#held.splice(0)
  }

  #holds(values: readonly unknown[]): boolean {
    if (!this.#isWarming || this.#held.length >= masterLimits.addresses) return false
    if (parseFromWorker(values[0])?.kind !== 'query') return false
    this.#held.push(values)
    return true
  }
}
