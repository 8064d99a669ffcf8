export type SortValue = number | string | null

export interface SortOrder {
  readonly column: string
  readonly direction: 'ascending' | 'descending'
}

/** The rows in order. Unknown values come last in both directions. Equal rows keep their order. */
export function sortedRows<Row>(
  rows: readonly Row[],
  read: (row: Row) => SortValue,
  direction: SortOrder['direction'],
): Row[] {
  const sign = direction === 'ascending' ? 1 : -1
  return rows.toSorted((one, other) => compared(read(one), read(other), sign))
}

function compared(one: SortValue, other: SortValue, sign: number): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  if (typeof one === 'number' && typeof other === 'number') return sign * (one - other)
  return sign * collator.compare(String(one), String(other))
}

/** `worker_10` comes after `worker_9`. */
const collator = new Intl.Collator('en', { numeric: true })
