import { clearImmediate, setImmediate } from '../../support/intrinsics/timers.ts'
import { guardedListener } from '../../support/listeners/guarded-listener.ts'

export interface LaterStart<T> {
  readonly start: () => T
  /** Calls back in a turn of its own, and must catch the errors of `start`. */
  readonly inTurn: (begin: () => T) => void
  /** The process ends before that turn. Call `begin` if the start still matters. */
  readonly atExit: (begin: () => T) => void
  readonly onFault: (component: string) => void
}

/**
 * Starts something in the next turn of the event loop, so that the present turn gets shorter. The
 * turn keeps no process alive.
 *
 * @returns starts at once, or returns what has started.
 */
export function startLater<T>({ start, inTurn, atExit, onFault }: LaterStart<T>): () => T {
  let started: { readonly value: T } | undefined
  const begin = (): T => {
    clearImmediate(turn)
    stopExit()
    started ??= { value: start() }
    return started.value
  }
  const turn = setImmediate(() => inTurn(begin)).unref()
  const stopExit = guardedListener(onFault)(process, 'exit', () => atExit(begin))
  return begin
}
