import { livePageLimits } from '../../limits/tools/live-page.ts'
import type { LiveDocument, LiveWorker } from '../../model/live/live-document.ts'
import { isStale } from '../../model/live/stale-worker.ts'
import {
  ageText,
  bytesText,
  countText,
  durationText,
  percentText,
  rateText,
  shareText,
  unknownText,
} from '../../model/text/quantity.ts'
import type { Samples } from '../data/history.ts'
import { workerState } from '../data/worker-state.ts'
import { setText } from '../dom/element.ts'
import { fillMeter } from '../dom/meter.ts'
import { fillSparkline } from '../dom/sparkline.ts'
import type { Column } from '../table/table-options.ts'
import { fillState, nameColumn, numberColumn } from './cells.ts'
import { fillHang } from './hang-detail.ts'
import { tableSection } from './section.ts'

/** The last values that the cells need beside the row. */
interface Shown {
  document: LiveDocument
  samples: Samples
}

/** The table of workers. */
export function workers(): (document: LiveDocument, samples: Samples) => void {
  let shown: Shown | undefined
  const { table, note } = tableSection<LiveWorker>('workers', 'Workers', {
    noun: 'workers',
    columns: columns(() => shown),
    keyOf: ({ key }) => key,
    order: { column: 'worker', direction: 'ascending' },
    searched: (row) => `${row.workerId} ${row.instance ?? ''} ${row.state} ${row.pid ?? ''}`,
    stateOf: ({ state }) => state,
    isUrgent: ({ state }) => state === 'hanging',
    detail: {
      title: ({ hang }) => (hang === null ? undefined : 'stack'),
      opens: (_, index) => index < livePageLimits.openStacks,
      fill: (cell, { hang }) => hang && fillHang(cell, hang, shown?.document.hidden ?? null),
    },
    empty: 'No worker lives.',
  })
  return (document, samples) => {
    shown = { document, samples }
    setText(note, noteOf(document))
    table.update(document.workers)
  }
}

function noteOf({ headline: { workers: counts }, workers: rows, kind }: LiveDocument): string {
  if (kind === 'process') return 'This process has no workers. The row is the process itself.'
  const missing = counts.live - rows.filter((row) => !isStale(row)).length
  const rest = missing > 0 ? ` ${countText(missing)} more are not in the document.` : ''
  return `${countText(counts.live)} live, ${countText(counts.listening)} listening.${rest}`
}

function columns(shown: () => Shown | undefined): Column<LiveWorker>[] {
  return [
    nameColumn(['worker', 'Worker'], nameOf),
    {
      key: 'state',
      title: 'State',
      align: 'text',
      value: ({ state }) => state,
      fill: (cell, row) => fillState(cell, workerState(row)),
    },
    numberColumn(
      ['pid', 'pid', 'Process id'],
      ({ pid }) => pid,
      (pid) => String(pid ?? unknownText),
    ),
    numberColumn(['age', 'Age'], ({ ageSeconds }) => ageSeconds, ageText),
    rate(),
    trend(shown),
    numberColumn(['flight', 'In flight'], ({ inFlight }) => inFlight, countText),
    numberColumn(['cpu', 'CPU', '100 % is one core'], ({ cpuPercent }) => cpuPercent, percentText),
    numberColumn(
      ['memory', 'Memory', 'Resident memory'],
      ({ memoryBytes }) => memoryBytes,
      bytesText,
    ),
    heap(),
    numberColumn(
      ['delay', 'Loop delay', 'Largest delay of the event loop'],
      ({ loopDelaySeconds }) => loopDelaySeconds,
      durationText,
    ),
    numberColumn(
      ['report', 'Report age', 'Time since the last report'],
      ({ reportAgeSeconds }) => reportAgeSeconds,
      durationText,
    ),
  ]
}

function nameOf({ instance, workerId }: LiveWorker): string {
  return instance === null ? workerId : `${instance} ${workerId}`
}

function rate(): Column<LiveWorker> {
  return numberColumn(
    ['rate', 'Req/s', 'Requests per second'],
    ({ requestsPerSecond }) => requestsPerSecond,
    rateText,
  )
}

function trend(shown: () => Shown | undefined): Column<LiveWorker> {
  return {
    key: 'trend',
    title: 'Trend',
    hint: 'Requests per second of the last 15 minutes. Sorts by requests in all.',
    align: 'number',
    value: ({ requests }) => requests,
    fill(cell, { key }) {
      const samples = shown()?.samples
      const column = samples?.workers[key]?.requestsPerSecond
      if (samples && column)
        fillSparkline(cell, column, Math.max(column.length, livePageLimits.sparklinePoints))
    },
  }
}

function heap(): Column<LiveWorker> {
  return {
    key: 'heap',
    title: 'Heap',
    hint: 'Heap in use, as a share of the limit',
    align: 'number',
    value: ({ heapUsedBytes, heapLimitBytes }) => shareOf(heapUsedBytes, heapLimitBytes),
    fill(cell, { heapUsedBytes, heapLimitBytes }) {
      const text = shareText(heapUsedBytes, heapLimitBytes)
      const shown = text === unknownText ? bytesText(heapUsedBytes) : text
      fillMeter(cell, shareOf(heapUsedBytes, heapLimitBytes), shown)
      cell.title = `${bytesText(heapUsedBytes)} of ${bytesText(heapLimitBytes)}`
    },
  }
}

function shareOf(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole
}
