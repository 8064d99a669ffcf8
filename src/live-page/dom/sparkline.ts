import type { LiveColumn } from '../../model/live/live-document.ts'
import { sparklinePath, sparklineSize } from '../data/sparkline-path.ts'
import { setAttribute, svgElement } from './element.ts'

/** Draws the line into the cell. The table has the newest value as a text beside the line. */
export function fillSparkline(cell: HTMLElement, column: LiveColumn, capacity: number): void {
  const path = cell.querySelector('path') ?? createdPath(cell)
  setAttribute(path, 'd', sparklinePath(column, capacity))
}

function createdPath(cell: HTMLElement): SVGPathElement {
  const { width, height } = sparklineSize
  const path = svgElement('path')
  const viewBox = `0 0 ${width} ${height}`
  cell.replaceChildren(
    svgElement('svg', { class: 'spark', viewBox, 'aria-hidden': 'true' }, [path]),
  )
  return path
}
