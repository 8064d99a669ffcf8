import { livePageLimits } from '../../limits/tools/live-page.ts'
import type { LiveDocument, LiveRoute } from '../../model/live/live-document.ts'
import { countText, durationText, rateText, shareText } from '../../model/text/quantity.ts'
import { element, setAttribute, setText } from '../dom/element.ts'
import type { Column } from '../table/table-options.ts'
import { nameColumn, numberColumn } from './cells.ts'
import { tableSection } from './section.ts'

/** The table of routes: by load, by latency, by errors. */
export function routes(): (document: LiveDocument) => void {
  const { table, note } = tableSection<LiveRoute>('routes', 'Routes', {
    noun: 'routes',
    columns: columns(),
    keyOf: ({ method, route }) => JSON.stringify([method, route]),
    order: { column: 'rate', direction: 'descending' },
    searched: ({ method, route, errorTypes }) =>
      [method, route, ...errorTypes.map(({ errorType }) => errorType)].join(' '),
    empty: 'No route has served a request yet.',
  })
  return (document) => {
    const isOverall = document.routes.some(({ quantilesOf }) => quantilesOf === 'all')
    const overall = isOverall ? ' Gray latencies are of all requests of the route.' : ''
    setText(note, `Sort by load, latency or errors with the titles of the columns.${overall}`)
    table.update(document.routes)
  }
}

function columns(): Column<LiveRoute>[] {
  return [
    { ...nameColumn(['route', 'Route'], ({ method, route }) => `${method} ${route}`) },
    numberColumn(
      ['rate', 'Req/s', 'Requests per second'],
      ({ requestsPerSecond }) => requestsPerSecond,
      rateText,
    ),
    numberColumn(
      ['requests', 'Requests', 'Requests in all'],
      ({ requests }) => requests,
      countText,
    ),
    latencyColumn('p50'),
    latencyColumn('p95'),
    latencyColumn('p99'),
    numberColumn(
      ['errorRate', 'Errors/s', 'Errors per second'],
      ({ errorsPerSecond }) => errorsPerSecond,
      rateText,
    ),
    numberColumn(
      ['errors', 'Errors', 'Requests with an error of the server, in all'],
      ({ errors }) => errors,
      countText,
    ),
    numberColumn(['share', 'Share', 'Errors as a share of the requests'], shareOf, (share) =>
      shareText(share, 1),
    ),
    {
      key: 'types',
      title: 'Error classes',
      align: 'text',
      value: ({ errorTypes }) => errorTypes[0]?.errorType ?? null,
      fill: fillTypes,
    },
  ]
}

function latencyColumn(name: 'p50' | 'p95' | 'p99'): Column<LiveRoute> {
  const column = numberColumn<LiveRoute>([name, name], (route) => route[name], durationText)
  return {
    ...column,
    fill(cell, route) {
      column.fill(cell, route)
      setAttribute(cell, 'data-of', route.quantilesOf)
    },
  }
}

function shareOf({ errors, requests }: LiveRoute): number | null {
  return requests === 0 || errors === 0 ? null : errors / requests
}

function fillTypes(cell: HTMLElement, { errorTypes }: LiveRoute): void {
  const shown = errorTypes.slice(0, livePageLimits.errorTypes)
  const rest = errorTypes.length - shown.length
  const texts = shown.map(({ errorType, count }) => `${errorType} × ${countText(count)}`)
  if (rest > 0) texts.push(`${rest} more`)
  const state = JSON.stringify(texts)
  if (cell.dataset['state'] === state) return
  cell.dataset['state'] = state
  const chips = texts.map((text) => element('span', { class: 'chip', title: text }, [text]))
  cell.replaceChildren(element('span', { class: 'chips' }, chips))
}
