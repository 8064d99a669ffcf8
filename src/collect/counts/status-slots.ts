import { other } from '../../model/endpoint.ts'

/** Slots of an array with a count for each status code. */
export const statusSlots = 1_000

/** Node sends the integer part of a status. After the head is sent, a program can set any value. */
export function statusSlotOf(status: number): number {
  return status > 0 && status < statusSlots ? Math.trunc(status) : 0
}

/** A status code as a label; `_OTHER` for 0 and for other numbers without a meaning in HTTP. */
export function statusText(status: number): string {
  const slot = statusSlotOf(status)
  return slot === 0 ? other : String(slot)
}
