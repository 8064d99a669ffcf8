/** A quantity without spaces, for the narrow columns of a table: `1.2 MB` is `1.2MB`. */
export function compact(quantity: string): string {
  return quantity.replaceAll(' ', '')
}
