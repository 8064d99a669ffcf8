import type { Door } from '../relay/door.ts'

/** What a process knows of the exporter thread's door. It asks when it needs to, once for all who wait. */
export class Doorway {
  readonly #ask: () => void
  /** Bounded by limits.mountedPages: each waits for a page of its own. */
  readonly #waiting = new Set<(door: Door) => void>()
  #door: Door | undefined

  /** @param ask asks for the door, which `open` is then called with, or never. */
  constructor(ask: () => void) {
    this.#ask = ask
  }

  /** Calls back with the door, perhaps at once. @returns how to wait no longer. */
  await(act: (door: Door) => void): () => void {
    if (this.#door) {
      act(this.#door)
      return () => {}
    }
    this.#waiting.add(act)
    this.#ask()
    return () => this.#waiting.delete(act)
  }

  open(door: Door): void {
    this.#door = door
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const act of waiting) act(door)
  }

  /** Nobody answers there any more. Another door, told in the meantime, stays. */
  forget(door: Door): void {
    if (door === this.#door) this.#door = undefined
  }
}
