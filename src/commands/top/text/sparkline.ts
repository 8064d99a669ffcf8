/** Eight heights. `painted` replaces the blocks where the terminal has ASCII only. */
const blocks = '▁▂▃▄▅▆▇█'

/**
 * The last values as a row of blocks, right-aligned. A space stands for an unknown value. The
 * highest block is the largest value of the row.
 */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const last = width > 0 ? values.slice(-width) : []
  const known = last.filter((value) => isKnown(value))
  const most = Math.max(0, ...known)
  const drawn = last.map((value) => (isKnown(value) ? blockOf(value, most) : ' ')).join('')
  return ' '.repeat(Math.max(0, width - last.length)) + drawn
}

function isKnown(value: number | null | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function blockOf(value: number, most: number): string {
  if (most === 0) return blocks.charAt(0)
  return blocks.charAt(Math.min(blocks.length - 1, Math.ceil((value / most) * 8) - 1)) || '▁'
}
