import type { SortOrder } from '../data/sort-rows.ts'
import { element, setAttribute, setText } from '../dom/element.ts'
import type { Column } from './table-options.ts'

export interface TableHead {
  readonly root: HTMLTableSectionElement
  readonly show: (order: SortOrder) => void
}

/** Titles as buttons: Enter, Space and a click sort. @param onSort gets the column's key. */
export function tableHead<Row>(
  columns: readonly Column<Row>[],
  onSort: (column: Column<Row>) => void,
): TableHead {
  const cells = columns.map((column) => {
    const arrow = element('span', { class: 'arrow', 'aria-hidden': 'true' })
    const button = element('button', { type: 'button' }, [column.title, arrow])
    if (column.hint !== undefined) button.title = column.hint
    button.addEventListener('click', () => onSort(column))
    const cell = element('th', { scope: 'col', class: column.align }, [button])
    return { column, cell, arrow }
  })
  const row = element(
    'tr',
    {},
    cells.map(({ cell }) => cell),
  )
  return {
    root: element('thead', {}, [row]),
    show(order) {
      for (const { column, cell, arrow } of cells) {
        const direction = column.key === order.column ? order.direction : undefined
        setAttribute(cell, 'aria-sort', direction)
        setText(arrow, arrowOf(direction))
      }
    },
  }
}

function arrowOf(direction: SortOrder['direction'] | undefined): string {
  if (direction === undefined) return ''
  return direction === 'ascending' ? '↑' : '↓'
}
