import type { LiveInstance } from '../../../model/live/live-document.ts'
import { ageText, countText, rateText } from '../../../model/text/quantity.ts'
import { type Span, type Style, span } from '../text/style.ts'
import { instanceStyle } from '../text/words.ts'
import { type Column, type ColumnFrame, fact, figureColumn, type Table } from './table.ts'

type Row = LiveInstance

const columns: readonly Column<Row>[] = [
  text({ name: 'state', title: 'STATE', width: 8, rank: 0 }, (row) => row.state),
  {
    ...text({ name: 'instance', title: 'INSTANCE', width: 20, rank: 0 }, (row) => row.instance),
    mostWidth: 60,
  },
  text({ name: 'origin', title: 'ORIGIN', width: 9, rank: 3 }, (row) => row.origin),
  figureColumn(
    { name: 'workers', title: 'WORKERS', width: 7, rank: 1 },
    (row) => row.workers,
    countText,
  ),
  figureColumn(
    { name: 'rate', title: 'REQ/S', width: 6, rank: 0 },
    (row) => row.requestsPerSecond,
    rateText,
  ),
  figureColumn(
    { name: 'errors', title: 'ERR/S', width: 6, rank: 1 },
    (row) => row.errorsPerSecond,
    rateText,
  ),
  figureColumn(
    { name: 'requests', title: 'REQUESTS', width: 8, rank: 2 },
    (row) => row.requests,
    countText,
  ),
  figureColumn({ name: 'age', title: 'AGE', width: 8, rank: 1 }, (row) => row.ageSeconds, ageText),
]

function text(frame: ColumnFrame, value: (row: Row) => string): Column<Row> {
  const cell = (row: Row): Span => span(value(row), instanceStyle(row.state))
  return { ...frame, align: 'left', value, cell, isAscending: true }
}

/** The instances of a sidecar. */
export const instanceTable: Table<Row> = {
  view: 'instances',
  emptyText: () => 'This exporter shows one instance. A sidecar (serve) shows several.',
  columns,
  sort: 'rate',
  rows: ({ instances }) => instances,
  keyOf: ({ instance }) => instance,
  textOf: ({ instance, state, origin }) => [instance, state, origin].join(' '),
  styleOf: ({ state }): Style => instanceStyle(state),
  detailsOf: (row) => [
    fact('instance', row.instance, 'bold'),
    fact('state', row.state, instanceStyle(row.state)),
    fact('origin', row.origin),
    fact('age', `${ageText(row.ageSeconds)}, of the shown figures`),
    fact('workers', countText(row.workers)),
    fact('requests', `${countText(row.requests)}, ${rateText(row.requestsPerSecond)} per second`),
    fact('errors', `${rateText(row.errorsPerSecond)} per second`),
  ],
}
