import type { Details } from '../../endpoint/details.ts'
import type { Death } from '../../model/death.ts'
import { type ShownHang, shownHang } from './shown-hang.ts'

/** A death on `/status`. */
export type ShownDeath = Omit<Death, 'error' | 'hang'> & {
  readonly error: Death['error'] | HiddenError
  readonly hang: ShownHang | null
}

interface HiddenError {
  readonly name: string
  /** Why message and stack are missing. */
  readonly details: Exclude<Details, 'shown'>
}

/** Leaves out the error's message, and stacks, unless the client may see details. */
export function shownDeath(death: Death, details: Details): ShownDeath {
  if (details === 'shown') return death
  const { error, hang } = death
  return {
    ...death,
    error: error && { name: error.name, details },
    hang: shownHang(hang, details),
  }
}
