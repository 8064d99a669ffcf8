import type { Details } from '../endpoint/details.ts'
import type { Death } from '../model/death.ts'

/** A death on `/status`. */
export type ShownDeath = Omit<Death, 'error'> & {
  readonly error: Death['error'] | HiddenError
}

interface HiddenError {
  readonly name: string
  /** Why message and stack are missing. */
  readonly details: Exclude<Details, 'shown'>
}

/** Leaves out the message and the stack of the error unless the client may see details. */
export function shownDeath(death: Death, details: Details): ShownDeath {
  const { error } = death
  if (error === null || details === 'shown') return death
  return { ...death, error: { name: error.name, details } }
}
