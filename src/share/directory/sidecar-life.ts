import { shareLimits } from '../../limits/share.ts'
import type { SidecarPresence } from './sidecar-presence.ts'

/** Judges by the writes of its file whether a sidecar lives: a killed sidecar leaves the file. */
export class SidecarLife {
  #last: SidecarPresence | undefined
  /** When the sidecar last wrote, milliseconds of the monotonic clock. */
  #seenAt = 0
  #writes = 0

  /** Whether the sidecar has written since the first look. */
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
