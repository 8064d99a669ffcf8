import type { Details } from '../endpoint/details.ts'
import type { Hang } from '../model/hang.ts'

/** The standstill of an event loop on `/status`. */
export type ShownHang = Hang | HiddenHang

interface HiddenHang extends Pick<Hang, 'seconds'> {
  /** Why the stack is missing. */
  readonly details: Exclude<Details, 'shown'>
}

/** Leaves out the stack, which has names of files, unless the client may see details. */
export function shownHang(hang: Hang | null, details: Details): ShownHang | null {
  if (hang === null || details === 'shown') return hang
  return { seconds: hang.seconds, details }
}
