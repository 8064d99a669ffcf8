import { clockText, twoDigits } from '../../../model/text/clock.ts'
import { ageText, bytesText, countText, unknownText } from '../../../model/text/quantity.ts'
import type { TopDeath } from '../source/reading.ts'
import { type Span, type Style, span } from '../text/style.ts'
import { deathStyle, reasonWord, shortId } from '../text/words.ts'
import { type Column, fact, type Table } from './table.ts'
import { hangDetails } from './worker-table.ts'

type Row = TopDeath

const columns: readonly Column<Row>[] = [
  {
    name: 'ended',
    title: 'ENDED AT',
    align: 'left',
    width: 12,
    rank: 0,
    cell: ({ endedAt }) => span(endText(endedAt)),
    value: ({ endedAt }) => endedAt,
  },
  {
    name: 'reason',
    title: 'REASON',
    align: 'left',
    width: 27,
    rank: 0,
    cell: (row) => span(reasonWord(row.reason, row.certainty), deathStyle(row.restartType)),
    value: ({ reason }) => reason,
    isAscending: true,
  },
  {
    name: 'worker',
    title: 'WORKER',
    align: 'left',
    width: 9,
    mostWidth: 24,
    rank: 1,
    cell: ({ workerId }, { width }) => span(shortId(workerId, width)),
    value: ({ workerId }) => workerId,
    isAscending: true,
  },
  {
    name: 'pid',
    title: 'PID',
    align: 'right',
    width: 7,
    rank: 3,
    cell: ({ pid }) => span(pid === null ? unknownText : String(pid)),
    value: ({ pid }) => pid,
  },
  {
    name: 'end',
    title: 'END',
    align: 'left',
    width: 8,
    rank: 4,
    cell: ({ end }) => span(end),
    value: ({ end }) => end,
    isAscending: true,
  },
  {
    name: 'age',
    title: 'LIVED',
    align: 'right',
    width: 8,
    rank: 2,
    cell: ({ ageSeconds }) => span(ageText(ageSeconds)),
    value: ({ ageSeconds }) => ageSeconds,
  },
  {
    name: 'requests',
    title: 'REQUESTS',
    align: 'right',
    width: 8,
    rank: 5,
    cell: ({ requests }) => span(countText(requests)),
    value: ({ requests }) => requests,
  },
  {
    name: 'memory',
    title: 'MEM',
    align: 'right',
    width: 6,
    rank: 5,
    cell: ({ memoryBytes }) => span(bytesText(memoryBytes)),
    value: ({ memoryBytes }) => memoryBytes,
  },
  {
    name: 'error',
    title: 'ERROR OR HANG',
    align: 'left',
    width: 14,
    mostWidth: 100,
    rank: 1,
    cell: (row) => span(causeText(row)),
  },
]

/** Ended workers; the last death is first. */
export const deathTable: Table<Row> = {
  view: 'deaths',
  emptyText: ({ kind }) =>
    kind === 'sidecar'
      ? 'A sidecar has no deaths: each instance keeps its own.'
      : 'No worker has ended.',
  columns,
  sort: 'ended',
  rows: ({ deaths }) => deaths,
  keyOf: ({ workerId, endedAt }) => `${workerId}\0${endedAt}`,
  textOf: (row) =>
    [row.workerId, row.pid ?? '', row.reason, reasonWord(row.reason, row.certainty), row.end]
      .concat(causeText(row))
      .join(' '),
  styleOf: ({ restartType }): Style => deathStyle(restartType),
  detailsOf: deathDetails,
}

function deathDetails(row: Row, { hidden }: { readonly hidden: string | null }): Span[] {
  const { error, hang, restartType } = row
  return [
    fact('worker', row.workerId, 'bold'),
    fact('pid', row.pid === null ? unknownText : String(row.pid)),
    fact('reason', reasonWord(row.reason, row.certainty), deathStyle(restartType)),
    fact('label', `reason="${row.reason}", restart_type="${restartType}"`),
    fact('end', row.end),
    fact('ended at', endText(row.endedAt)),
    fact('lived', ageText(row.ageSeconds)),
    fact('requests', countText(row.requests)),
    fact('memory', bytesText(row.memoryBytes)),
    ...(hang === null ? [] : hangDetails(hang, hidden)),
    ...(error === null ? [] : errorDetails(error, hidden)),
  ]
}

function errorDetails(error: NonNullable<Row['error']>, hidden: string | null): Span[] {
  const { name, message, stack } = error
  const lines = stack?.split('\n').map((frame) => span(`  ${frame.trim()}`)) ?? []
  return [
    fact('error', name, 'bad'),
    fact('message', message ?? hidden ?? 'left out by the exporter'),
    ...(stack === null && hidden !== null ? [fact('stack', hidden)] : lines),
  ]
}

function causeText({ error, hang }: Row): string {
  if (error) return error.message ? `${error.name}: ${error.message}` : error.name
  return hang?.heldBy ?? (hang ? `hung for ${ageText(hang.seconds)}` : unknownText)
}

/** Day of the month, and the time: a night has two days. */
function endText(unixMs: number | null): string {
  const day = new Date(unixMs ?? Number.NaN).getDate()
  if (unixMs === null || Number.isNaN(day)) return unknownText
  return `${twoDigits(day)}. ${clockText(unixMs)}`
}
