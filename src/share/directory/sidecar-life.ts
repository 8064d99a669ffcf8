import { shareLimits } from '../../limits/share.ts'
import type { SidecarPresence } from './sidecar-presence.ts'

/** Whether a sidecar lives, by the writes of its file. A killed sidecar leaves its file. */
export class SidecarLife {
  #last: SidecarPresence | undefined
  /** When the sidecar last wrote, milliseconds of the monotonic clock. */
  #seenAt = 0
  #writes = 0

  /** Whether a write was seen after the first look. */
  get hasWritten(): boolean {
    return this.#writes > 1
  }

  /** Returns the sidecar while it lives. At the first look, the sidecar counts as alive. */
  look(found: SidecarPresence | undefined, now: number): SidecarPresence | undefined {
    if (found?.incarnation !== this.#last?.incarnation) this.#writes = 0
    if (found && !isSameWrite(found, this.#last)) {
      this.#seenAt = now
      this.#writes += 1
    }
    this.#last = found
    return now - this.#seenAt <= shareLimits.presenceMs ? found : undefined
  }
}

function isSameWrite(one: SidecarPresence, other: SidecarPresence | undefined): boolean {
  return one.sequence === other?.sequence && one.incarnation === other.incarnation
}
