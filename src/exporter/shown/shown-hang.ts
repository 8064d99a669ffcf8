import type { Details } from '../../endpoint/details.ts'
import type { Standstill } from '../../model/hang.ts'

/** The standstill of an event loop on `/status`. */
export type ShownHang = Standstill | HiddenHang

interface HiddenHang extends Pick<Standstill, 'state' | 'seconds'> {
  /** Why the stack is missing. */
  readonly details: Exclude<Details, 'shown'>
}

/** Leaves out the stack, which has names of files, unless the client may see details. */
export function shownHang(hang: Standstill | null, details: Details): ShownHang | null {
  if (hang === null || details === 'shown' || hang.stack === null) return hang
  return { state: hang.state, seconds: hang.seconds, details }
}
