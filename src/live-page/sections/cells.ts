import { livePageLimits } from '../../limits/tools/live-page.ts'
import type { SortValue } from '../data/sort-rows.ts'
import type { ShownState } from '../data/worker-state.ts'
import { element, setAttribute, setText } from '../dom/element.ts'
import type { Column } from '../table/table-options.ts'

/** A column of numbers. */
export function numberColumn<Row>(
  [key, title, hint]: readonly [key: string, title: string, hint?: string],
  value: (row: Row) => number | null,
  text: (value: number | null) => string,
): Column<Row> {
  const fill = (cell: HTMLElement, row: Row): void => setText(cell, text(value(row)))
  return { key, title, ...(hint === undefined ? {} : { hint }), align: 'number', value, fill }
}

/** A column of texts. */
export function textColumn<Row>(
  [key, title]: readonly [key: string, title: string],
  text: (row: Row) => string,
  value: (row: Row) => SortValue = text,
): Column<Row> {
  return { key, title, align: 'text', value, fill: (cell, row) => setText(cell, text(row)) }
}

/** The first column: the button of the detail stays behind the name. */
export function nameColumn<Row>(
  [key, title]: readonly [key: string, title: string],
  text: (row: Row) => string,
  value: (row: Row) => SortValue = text,
): Column<Row> {
  return {
    key,
    title,
    align: 'text',
    value,
    fill(cell, row) {
      const first = cell.firstChild
      if (first instanceof HTMLSpanElement) setText(first, text(row))
      else cell.prepend(element('span', {}, [text(row)]))
    },
  }
}

/** A word with its sign and color. */
export function fillState(cell: HTMLElement, { word, sign, tone }: ShownState): void {
  const [root = element('span', { class: 'state' })] = cell.children
  if (!root.parentElement) {
    root.append(element('span', { class: 'sign', 'aria-hidden': 'true' }), element('span'))
    cell.append(root)
  }
  setAttribute(root, 'data-tone', tone)
  const [signNode, wordNode] = root.children
  if (signNode) setText(signNode, sign)
  if (wordNode) setText(wordNode, word)
}

/** A block of code that the keyboard can scroll. An unchanged text stays as the reader left it. */
export function codeBlock(text: string, label: string): HTMLElement {
  const shown = text.slice(0, livePageLimits.textLength)
  return element('pre', { tabindex: '0', role: 'region', 'aria-label': label }, [shown])
}
