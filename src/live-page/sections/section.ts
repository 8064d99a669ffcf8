import { byId, element } from '../dom/element.ts'
import { DataTable } from '../table/data-table.ts'
import type { TableOptions } from '../table/table-options.ts'

/** A section of the page with a title. */
export function section(
  id: string,
  title: string,
): { readonly root: HTMLElement; readonly note: HTMLElement; readonly head: HTMLElement } {
  const root = byId(id, HTMLElement)
  const note = element('p', { class: 'quiet' })
  const head = element('div', { class: 'head' }, [
    element('h2', { id: `${id}-title` }, [title]),
    note,
  ])
  root.append(head)
  return { root, note, head }
}

/** A section that is one table. */
export function tableSection<Row>(
  id: string,
  title: string,
  options: TableOptions<Row>,
): { readonly table: DataTable<Row>; readonly note: HTMLElement } {
  const { root, note, head } = section(id, title)
  const table = new DataTable(options)
  head.append(table.filter)
  root.append(table.root)
  return { table, note }
}
