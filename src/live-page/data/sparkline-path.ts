import { livePageLimits } from '../../limits/tools/live-page.ts'
import type { LiveColumn } from '../../model/live/live-document.ts'

/** Width and height of the drawing. */
export const sparklineSize = { width: 84, height: 20 } as const

/**
 * The line of a column as an SVG path, with the newest value at the right end. A point is the
 * highest value of its samples, so that a short peak stays visible. Unknown values break the line.
 *
 * @param capacity samples of the whole width.
 */
export function sparklinePath(column: LiveColumn, capacity: number): string {
  const points = reduced(column, capacity)
  const highest = Math.max(...points.map((value) => value ?? 0))
  const step = sparklineSize.width / Math.max(livePageLimits.sparklinePoints - 1, 1)
  let path = ''
  let isDrawing = false
  for (const [index, value] of points.entries()) {
    if (value !== null) {
      const x = (index * step).toFixed(1)
      const share = highest === 0 ? 0 : value / highest
      const y = (sparklineSize.height - 1 - share * (sparklineSize.height - 2)).toFixed(1)
      path += `${isDrawing ? 'L' : 'M'}${x} ${y}`
    }
    isDrawing = value !== null
  }
  return path
}

function reduced(column: LiveColumn, capacity: number): (number | null)[] {
  const points = new Array<number | null>(livePageLimits.sparklinePoints).fill(null)
  const missing = capacity - column.length
  for (const [index, value] of column.entries()) {
    if (value === null) continue
    const place = Math.floor(((index + missing) * points.length) / capacity)
    points[place] = Math.max(points[place] ?? 0, value)
  }
  return points
}
