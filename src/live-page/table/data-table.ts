import { livePageLimits } from '../../limits/tools/live-page.ts'
import { countText } from '../../model/text/quantity.ts'
import { type SortOrder, sortedRows } from '../data/sort-rows.ts'
import { element, setText } from '../dom/element.ts'
import { type TableHead, tableHead } from './table-head.ts'
import type { Column, TableOptions } from './table-options.ts'
import { TableRow } from './table-row.ts'

/** A table that readers sort and filter. Rows keep their elements, and the focus with them. */
export class DataTable<Row> {
  readonly root: HTMLElement
  readonly filter: HTMLElement
  readonly #options: TableOptions<Row>
  readonly #head: TableHead
  readonly #body: HTMLTableSectionElement = element('tbody')
  readonly #input: HTMLInputElement
  readonly #scroll: HTMLElement
  readonly #none: HTMLElement = element('p', { class: 'none' })
  readonly #note: HTMLElement = element('span', { class: 'quiet' })
  readonly #more: HTMLButtonElement = element('button', { type: 'button', class: 'plain' })
  readonly #moreLine: HTMLElement
  #order: SortOrder
  #rows: readonly Row[] = []
  #known = new Map<string, TableRow<Row>>()
  #limit: number = livePageLimits.rows

  constructor(options: TableOptions<Row>) {
    this.#options = options
    this.#order = options.order
    this.#head = tableHead(options.columns, (column) => this.#sortBy(column))
    const label = `Filter ${options.noun}`
    this.#input = element('input', { type: 'search', placeholder: label, 'aria-label': label })
    this.#input.addEventListener('input', () => this.#render())
    this.filter = element('div', { class: 'filter' }, [this.#input])
    this.#more.addEventListener('click', () => this.#toggleLimit())
    this.#moreLine = element('div', { class: 'more' }, [this.#note, this.#more])
    const table = element('table', { 'aria-label': options.noun }, [this.#head.root, this.#body])
    this.#scroll = element('div', { class: 'scroll' }, [table])
    this.root = element('div', {}, [this.#scroll, this.#none, this.#moreLine])
  }

  update(rows: readonly Row[]): void {
    this.#rows = rows
    this.#render()
  }

  #sortBy({ key, align }: Column<Row>): void {
    const { column, direction } = this.#order
    const first = align === 'number' ? 'descending' : 'ascending'
    const other = direction === 'ascending' ? 'descending' : 'ascending'
    this.#order = { column: key, direction: column === key ? other : first }
    this.#render()
  }

  #toggleLimit(): void {
    const { rows, allRows } = livePageLimits
    this.#limit = this.#limit === rows ? allRows : rows
    this.#render()
  }

  #render(): void {
    const found = this.#found()
    const shown = this.#ordered(found).slice(0, this.#limit)
    this.#head.show(this.#order)
    this.#show(shown)
    this.filter.hidden = this.#rows.length < 2
    this.#scroll.hidden = shown.length === 0
    this.#none.hidden = shown.length > 0
    setText(this.#none, this.#rows.length === 0 ? this.#options.empty : 'No row has this text.')
    this.#showRest(shown.length, found.length)
  }

  #found(): readonly Row[] {
    const text = this.#input.value.trim().toLowerCase()
    if (text === '') return this.#rows
    return this.#rows.filter((row) => this.#options.searched(row).toLowerCase().includes(text))
  }

  #ordered(rows: readonly Row[]): readonly Row[] {
    const { columns, isUrgent } = this.#options
    const { column, direction } = this.#order
    const by = columns.find(({ key }) => key === column)
    const sorted = by ? sortedRows(rows, by.value, direction) : [...rows]
    if (isUrgent === undefined) return sorted
    return sortedRows(sorted, (row) => Number(isUrgent(row)), 'descending')
  }

  #show(rows: readonly Row[]): void {
    const next = new Map<string, TableRow<Row>>()
    for (const [index, row] of rows.entries()) {
      const key = this.#options.keyOf(row)
      const tableRow = this.#known.get(key) ?? new TableRow(this.#options, row, index)
      tableRow.show(row, index)
      next.set(key, tableRow)
    }
    this.#known = next
    this.#place([...next.values()].flatMap(({ rows: parts }) => parts))
  }

  /** Moves only rows at a wrong place: a moved row loses the focus. */
  #place(rows: readonly HTMLTableRowElement[]): void {
    const wanted = new Set<Element>(rows)
    for (const row of [...this.#body.children]) if (!wanted.has(row)) row.remove()
    for (const [index, row] of rows.entries()) {
      const there = this.#body.children[index]
      if (there !== row) insert(this.#body, row, there)
    }
  }

  #showRest(shown: number, found: number): void {
    const { rows, allRows } = livePageLimits
    const noun = this.#options.noun
    this.#moreLine.hidden = found <= rows
    setText(this.#note, `${countText(shown)} of ${countText(found)} ${noun} are shown.`)
    const isAll = this.#limit === allRows
    setText(this.#more, isAll ? `Show the first ${rows}` : `Show up to ${countText(allRows)}`)
  }
}

/** Keeps the focus, which an element loses when it moves. */
function insert(body: Element, row: Element, before: Element | undefined): void {
  const focused = row.contains(document.activeElement) ? document.activeElement : null
  body.insertBefore(row, before ?? null)
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
}
