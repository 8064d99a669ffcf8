import {
  countText,
  durationText,
  rateText,
  shareText,
  unknownText,
} from '../../../model/text/quantity.ts'
import type { TopRoute } from '../source/reading.ts'
import { type Span, type Style, span } from '../text/style.ts'
import { type Column, fact, figureColumn, type Table } from './table.ts'

type Row = TopRoute

const columns: readonly Column<Row>[] = [
  {
    name: 'method',
    title: 'METHOD',
    align: 'left',
    width: 7,
    rank: 0,
    cell: ({ method }) => span(method),
    value: ({ method }) => method,
    isAscending: true,
  },
  {
    name: 'route',
    title: 'ROUTE',
    align: 'left',
    width: 16,
    mostWidth: 80,
    rank: 0,
    cell: ({ route }) => span(route),
    value: ({ route }) => route,
    isAscending: true,
  },
  figureColumn(
    { name: 'rate', title: 'REQ/S', width: 6, rank: 0 },
    (row) => row.requestsPerSecond,
    rateText,
  ),
  latency('p50', 4),
  latency('p95', 1),
  latency('p99', 3),
  {
    ...figureColumn(
      { name: 'errors', title: 'ERR/S', width: 6, rank: 0 },
      (row) => row.errorsPerSecond,
      rateText,
    ),
    cell: ({ errorsPerSecond: rate }) => span(rateText(rate), (rate ?? 0) > 0 ? 'bad' : 'plain'),
  },
  {
    ...figureColumn(
      { name: 'failed', title: 'ERRORS', width: 6, rank: 2 },
      (row) => row.errors,
      countText,
    ),
    cell: ({ errors }) => span(countText(errors), errors > 0 ? 'warn' : 'plain'),
  },
  figureColumn(
    { name: 'requests', title: 'REQUESTS', width: 8, rank: 5 },
    (row) => row.requests,
    countText,
  ),
  {
    name: 'causes',
    title: 'ERRORS BY CLASS',
    align: 'left',
    width: 24,
    mostWidth: 60,
    rank: 6,
    cell: (row) => span(causes(row).slice(0, 4).join(', ') || unknownText),
  },
]

/** Dim: of all requests, and not of the last ones. */
function latency(name: 'p50' | 'p95' | 'p99', rank: number): Column<Row> {
  const frame = { name, title: name.toUpperCase(), width: 6, rank }
  const style = ({ quantilesOf }: Row): Style => (quantilesOf === 'all' ? 'dim' : 'plain')
  return {
    ...figureColumn<Row>(frame, (row) => row[name], durationText),
    cell: (row) => span(durationText(row[name]), style(row)),
  }
}

/** What a reader of the table must know; undefined in most cases. */
export function routeNote(rows: readonly Row[]): string | undefined {
  const isOverall = rows.some(({ quantilesOf, p50 }) => quantilesOf === 'all' && p50 !== null)
  return isOverall
    ? 'Latencies are of all requests of a route, until the route has new requests.'
    : undefined
}

/** Routes; the most busy route is first. */
export const routeTable: Table<Row> = {
  view: 'routes',
  emptyText: () => 'No route has had a request.',
  columns,
  sort: 'rate',
  rows: ({ routes }) => routes,
  keyOf: ({ method, route }) => `${method} ${route}`,
  textOf: (row) => [row.method, row.route, ...causes(row)].join(' '),
  styleOf: ({ errorsPerSecond }): Style => ((errorsPerSecond ?? 0) > 0 ? 'bad' : 'plain'),
  detailsOf: routeDetails,
}

function routeDetails(row: Row): Span[] {
  const share = row.requests ? ` (${shareText(row.errors, row.requests)})` : ''
  return [
    fact('method', row.method, 'bold'),
    fact('route', row.route, 'bold'),
    fact('requests', `${countText(row.requests)}, ${rateText(row.requestsPerSecond)} per second`),
    fact(
      'latency',
      `p50 ${durationText(row.p50)}, p95 ${durationText(row.p95)}, p99 ${durationText(row.p99)}` +
        (row.quantilesOf === 'all' ? ' of all requests' : ''),
    ),
    fact('errors', `${countText(row.errors)}${share}, ${rateText(row.errorsPerSecond)} per second`),
    ...causes(row).map((cause) => fact('', cause, 'warn')),
  ]
}

function causes({ errorTypes }: Row): string[] {
  return errorTypes.map((each) => `${each.errorType} ${countText(each.count)}`)
}
