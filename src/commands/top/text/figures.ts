/** A quantity without spaces, for the narrow columns of a table: `1.2 MB` is `1.2MB`. */
export function compact(quantity: string): string {
  return quantity.replaceAll(' ', '')
}

/** `14:05:09`, in the time zone of the terminal; a dash for an unknown time. */
export function clockText(unixMs: number | null): string {
  const date = new Date(unixMs ?? Number.NaN)
  if (Number.isNaN(date.getTime())) return unknown
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}

/** The dash of an unknown value, as in the quantities. */
export const unknown = '–'
