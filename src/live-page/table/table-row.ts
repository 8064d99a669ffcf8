import { element, setAttribute, setText } from '../dom/element.ts'
import type { TableOptions } from './table-options.ts'

let rowsMade = 0

/** One row of a table, and the row with its detail. */
export class TableRow<Row> {
  readonly #options: TableOptions<Row>
  readonly #row: HTMLTableRowElement = element('tr')
  readonly #cells: HTMLElement[]
  readonly #toggle: HTMLButtonElement = element('button', { type: 'button', class: 'open-row' })
  readonly #detailCell: HTMLTableCellElement
  readonly #detailRow: HTMLTableRowElement
  #isOpen = false
  #shown: Row

  constructor(options: TableOptions<Row>, row: Row, index: number) {
    this.#options = options
    this.#shown = row
    this.#cells = options.columns.map(({ align }, column) =>
      element(
        column === 0 ? 'th' : 'td',
        column === 0 ? { scope: 'row', class: align } : { class: align },
      ),
    )
    this.#row.append(...this.#cells)
    rowsMade += 1
    const id = `detail-${rowsMade}`
    this.#detailCell = element('td', { colspan: String(options.columns.length), id })
    this.#detailRow = element('tr', { class: 'detail' }, [this.#detailCell])
    this.#toggle.setAttribute('aria-controls', id)
    this.#toggle.addEventListener('click', () => this.#open(!this.#isOpen))
    this.#isOpen = options.detail?.opens?.(row, index) ?? false
  }

  /** The rows of the table, in order. */
  get rows(): readonly HTMLTableRowElement[] {
    return this.#options.detail?.title(this.#shown) === undefined
      ? [this.#row]
      : [this.#row, this.#detailRow]
  }

  show(row: Row, index: number): void {
    const { columns, stateOf, detail } = this.#options
    const had = detail?.title(this.#shown) !== undefined
    this.#shown = row
    for (const [place, { fill }] of columns.entries()) {
      const cell = this.#cells[place]
      if (cell) fill(cell, row)
    }
    setAttribute(this.#row, 'data-state', stateOf?.(row))
    const title = detail?.title(row)
    if (!had && title !== undefined) this.#isOpen = detail?.opens?.(row, index) ?? false
    this.#showDetail(title)
  }

  #showDetail(title: string | undefined): void {
    const first = this.#cells[0]
    if (title === undefined) {
      this.#toggle.remove()
      this.#row.classList.remove('has-detail')
      return
    }
    if (this.#toggle.parentElement === null) first?.append(' ', this.#toggle)
    setText(this.#toggle, this.#isOpen ? `Hide ${title}` : `Show ${title}`)
    this.#open(this.#isOpen, title)
  }

  #open(isOpen: boolean, title: string = this.#options.detail?.title(this.#shown) ?? ''): void {
    this.#isOpen = isOpen
    setText(this.#toggle, isOpen ? `Hide ${title}` : `Show ${title}`)
    setAttribute(this.#toggle, 'aria-expanded', String(isOpen))
    this.#row.classList.toggle('has-detail', isOpen)
    this.#detailRow.hidden = !isOpen
    if (isOpen) this.#options.detail?.fill(this.#detailCell, this.#shown)
    else this.#detailCell.replaceChildren()
  }
}
