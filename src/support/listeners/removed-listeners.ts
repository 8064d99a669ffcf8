import type { EventEmitter } from 'node:events'
import { hide } from '../hidden-property.ts'
import { apply } from '../intrinsics/apply.ts'
import type { Stop } from '../stop.ts'
import { methodOwner } from './method-owner.ts'

/**
 * Calls back after each `removeAllListeners()` of an emitter. Node emits no event for the call,
 * unless a listener for `removeListener` exists, and such a listener is removed too.
 * @param act an error of `act` is dropped.
 */
export function afterRemoval(emitter: EventEmitter, act: () => void): Stop {
  const removals = watched.get(emitter) ?? new Removals(emitter)
  watched.set(emitter, removals)
  removals.acts.add(act)
  return () => {
    removals.acts.delete(act)
    if (removals.acts.size > 0) return
    removals.stop()
    watched.delete(emitter)
  }
}

const watched = new WeakMap<EventEmitter, Removals>()

/** One wrapper for each emitter. */
class Removals {
  /** The listeners of this package on the emitter. */
  readonly acts = new Set<() => void>()
  stop: Stop = () => {}
  #isActing = false

  constructor(emitter: EventEmitter) {
    const owner = methodOwner(emitter)
    // The listener of a frozen emitter does not come back.
    if (!Object.isExtensible(owner)) return
    const before = Object.getOwnPropertyDescriptor(owner, 'removeAllListeners')
    const act = (): void => this.#act()
    function removeAllListeners(this: EventEmitter, ...given: unknown[]): unknown {
      const inherited: Removing =
        before === undefined ? Object.getPrototypeOf(owner).removeAllListeners : before.value
      const result = apply(inherited, this, given)
      act()
      return result
    }
    hide(owner, 'removeAllListeners', removeAllListeners)
    this.stop = () => {
      // A later wrapper of the application stays, and calls our function.
      if (
        Object.getOwnPropertyDescriptor(owner, 'removeAllListeners')?.value !== removeAllListeners
      )
        return
      if (before) Object.defineProperty(owner, 'removeAllListeners', before)
      else Reflect.deleteProperty(owner, 'removeAllListeners')
    }
  }

  #act(): void {
    // A listener for `newListener` can remove all listeners again.
    if (this.#isActing) return
    this.#isActing = true
    for (const act of this.acts) {
      try {
        act()
      } catch {
        // The call belongs to the application.
      }
    }
    this.#isActing = false
  }
}

type Removing = (...given: unknown[]) => unknown
