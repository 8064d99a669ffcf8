import type { LiveHang, LiveWorker } from '../../../model/live/live-document.ts'
import {
  ageText,
  bytesText,
  countText,
  durationText,
  percentText,
  rateText,
  unknownText,
} from '../../../model/text/quantity.ts'
import { compact } from '../text/figures.ts'
import { sparkline } from '../text/sparkline.ts'
import { type Span, type Style, span } from '../text/style.ts'
import { shortId, workerCondition } from '../text/words.ts'
import { type Column, fact, type Table } from './table.ts'

type Row = LiveWorker

/** Shares above which a worker needs a look, percent. */
const busyCpu = 90
const fullHeap = 90
/** A delay of the event loop that clients notice, seconds. */
const longDelay = 0.2

const columns: readonly Column<Row>[] = [
  {
    name: 'state',
    title: 'STATE',
    align: 'left',
    width: 13,
    rank: 0,
    cell: (row) => span(stateText(row), workerCondition(row).style),
    value: (row) => workerCondition(row).urgency,
    isAscending: true,
  },
  {
    name: 'worker',
    title: 'WORKER',
    align: 'left',
    width: 9,
    mostWidth: 24,
    rank: 0,
    cell: ({ workerId }, { width }) => span(shortId(workerId, width)),
    value: ({ workerId }) => forkNumber(workerId),
    isAscending: true,
  },
  {
    name: 'instance',
    title: 'INSTANCE',
    align: 'left',
    width: 14,
    rank: 9,
    isUsed: (rows) => rows.some(({ instance }) => instance !== null),
    cell: ({ instance }) => span(instance ?? unknownText),
    value: ({ instance }) => instance,
    isAscending: true,
  },
  figure({ name: 'pid', title: 'PID', width: 7, rank: 3 }, ({ pid }) => pid, String),
  figure({ name: 'age', title: 'UP', width: 8, rank: 4 }, ({ ageSeconds }) => ageSeconds, ageText),
  figure(
    { name: 'rate', title: 'REQ/S', width: 6, rank: 1 },
    ({ requestsPerSecond }) => requestsPerSecond,
    rateText,
  ),
  figure(
    { name: 'active', title: 'ACTIVE', width: 6, rank: 2 },
    ({ inFlight }) => inFlight,
    countText,
  ),
  figure(
    { name: 'requests', title: 'REQUESTS', width: 8, rank: 8 },
    ({ requests }) => requests,
    countText,
  ),
  figure(
    { name: 'cpu', title: 'CPU', width: 5, rank: 1 },
    ({ cpuPercent }) => cpuPercent,
    percentText,
    busyCpu,
  ),
  figure(
    { name: 'memory', title: 'MEM', width: 6, rank: 1 },
    ({ memoryBytes }) => memoryBytes,
    bytesText,
  ),
  figure({ name: 'heap', title: 'HEAP', width: 5, rank: 5 }, heapPercent, percentText, fullHeap),
  figure(
    { name: 'delay', title: 'DELAY', width: 6, rank: 5 },
    ({ loopDelaySeconds }) => loopDelaySeconds,
    durationText,
    longDelay,
  ),
  figure(
    { name: 'report', title: 'REPORT', width: 6, rank: 6 },
    ({ reportAgeSeconds }) => reportAgeSeconds,
    ageText,
  ),
  {
    name: 'trend',
    title: 'TREND',
    align: 'left',
    width: 6,
    mostWidth: 40,
    rank: 7,
    cell: ({ key }, { width, trendOf }) => span(sparkline(trendOf(key), width)),
  },
]

interface FigureColumn extends Pick<Column<Row>, 'name' | 'title' | 'width' | 'rank'> {}

/** @param alarm the value from which the figure needs a look. */
// biome-ignore lint/complexity/useMaxParams: a table of short rows reads best with positions.
function figure(
  column: FigureColumn,
  value: (row: Row) => number | null,
  text: (value: number) => string,
  alarm: number = Number.POSITIVE_INFINITY,
): Column<Row> {
  const cell = (row: Row): Span => {
    const given = value(row)
    if (given === null) return span(unknownText, 'dim')
    return span(text(given), given >= alarm ? 'warn' : 'plain')
  }
  return { ...column, align: 'right', cell, value }
}

/** Live workers; the worker that needs a person is first. */
export const workerTable: Table<Row> = {
  view: 'workers',
  emptyText: () => 'No worker lives.',
  columns,
  sort: 'state',
  rows: ({ workers }) => workers,
  keyOf: ({ key }) => key,
  textOf: (row) =>
    [stateText(row), row.workerId, row.instance ?? '', row.pid ?? '', row.hang?.heldBy ?? ''].join(
      ' ',
    ),
  styleOf: (row): Style => workerCondition(row).style,
  detailsOf: workerDetails,
}

function workerDetails(row: Row, { hidden }: { readonly hidden: string | null }): Span[] {
  const { style } = workerCondition(row)
  return [
    fact('worker', row.workerId, 'bold'),
    fact('state', stateText(row), style),
    // The stack is why a person looks: a usual terminal shows the stack without scrolling.
    ...(row.hang === null ? [] : hangDetails(row.hang, hidden)),
    ...(row.instance === null ? [] : [fact('instance', row.instance)]),
    fact('pid', row.pid === null ? unknownText : String(row.pid)),
    fact('up', ageText(row.ageSeconds)),
    fact(
      'last report',
      row.reportAgeSeconds === null ? unknownText : `${ageText(row.reportAgeSeconds)} ago`,
    ),
    fact('requests', `${countText(row.requests)}, ${rateText(row.requestsPerSecond)} per second`),
    fact('active', countText(row.inFlight)),
    fact('CPU', `${percentText(row.cpuPercent)} of one core`),
    fact('memory', bytesText(row.memoryBytes)),
    fact('heap', `${bytesText(row.heapUsedBytes)} of ${bytesText(row.heapLimitBytes)}`),
    fact('loop delay', `${durationText(row.loopDelaySeconds)} in the longest stall`),
  ]
}

/** The standstill of an event loop, with its stack. */
export function hangDetails({ seconds, heldBy, stack }: LiveHang, hidden: string | null): Span[] {
  const without = hidden ?? 'none was taken; GUNICORN_HANG_STACKS takes stacks'
  return [
    fact('event loop', `stands still for ${ageText(seconds)}`, 'bad'),
    ...(heldBy === null ? [] : [fact('held by', heldBy, 'bad')]),
    ...(stack === null ? [fact('stack', without)] : [fact('stack', '')]),
    ...(stack?.split('\n').map((frame) => span(`  ${frame.trim()}`)) ?? []),
  ]
}

function stateText(row: Row): string {
  const { word } = workerCondition(row)
  return row.hang ? `${word} ${compact(ageText(row.hang.seconds))}` : word
}

function heapPercent({ heapUsedBytes: used, heapLimitBytes: most }: Row): number | null {
  return used === null || most === null || most <= 0 ? null : (100 * used) / most
}

function forkNumber(workerId: string): number | string {
  const number = /^worker_(\d+)(?:_|$)/.exec(workerId)?.[1]
  return number === undefined ? workerId : Number(number)
}
