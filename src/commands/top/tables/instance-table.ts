import type { LiveInstance } from '../../../model/live/live-document.ts'
import { ageText, countText, rateText } from '../../../model/text/quantity.ts'
import { type Span, type Style, span } from '../text/style.ts'
import { instanceStyle } from '../text/words.ts'
import { type Column, fact, type Table } from './table.ts'

type Row = LiveInstance

const columns: readonly Column<Row>[] = [
  text({ name: 'state', title: 'STATE', width: 8, rank: 0 }, (row) => row.state),
  {
    ...text({ name: 'instance', title: 'INSTANCE', width: 20, rank: 0 }, (row) => row.instance),
    mostWidth: 60,
  },
  text({ name: 'origin', title: 'ORIGIN', width: 9, rank: 3 }, (row) => row.origin),
  figure({ name: 'workers', title: 'WORKERS', width: 7, rank: 1 }, (row) => row.workers),
  rate({ name: 'rate', title: 'REQ/S', width: 6, rank: 0 }, (row) => row.requestsPerSecond),
  rate({ name: 'errors', title: 'ERR/S', width: 6, rank: 1 }, (row) => row.errorsPerSecond),
  figure({ name: 'requests', title: 'REQUESTS', width: 8, rank: 2 }, (row) => row.requests),
  {
    ...figure({ name: 'age', title: 'AGE', width: 8, rank: 1 }, (row) => row.ageSeconds),
    cell: ({ ageSeconds }) => span(ageText(ageSeconds)),
  },
]

type Frame = Pick<Column<Row>, 'name' | 'title' | 'width' | 'rank'>

function text(frame: Frame, value: (row: Row) => string): Column<Row> {
  const cell = (row: Row): Span => span(value(row), instanceStyle(row.state))
  return { ...frame, align: 'left', value, cell, isAscending: true }
}

function figure(frame: Frame, value: (row: Row) => number | null): Column<Row> {
  return { ...frame, align: 'right', value, cell: (row) => span(countText(value(row))) }
}

function rate(frame: Frame, value: (row: Row) => number | null): Column<Row> {
  return { ...frame, align: 'right', value, cell: (row) => span(rateText(value(row))) }
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
