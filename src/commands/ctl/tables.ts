import type { ControlData } from '../../master/control/message.ts'
import { printable, printableLine } from '../../model/text/printable.ts'
import { isRecord } from '../../support/guards.ts'

type Row = Readonly<Record<string, unknown>>

interface Column {
  readonly title: string
  readonly cell: (row: Row) => unknown
}

interface Table {
  /** The key of the rows in the data. */
  readonly key: string
  readonly noun: string
  readonly columns: readonly Column[]
}

const workerColumns: readonly Column[] = [
  { title: 'PID', cell: ({ pid }) => pid },
  { title: 'AGE', cell: ({ age }) => age },
  { title: 'BOOTED', cell: ({ booted }) => (booted === true ? 'yes' : 'no') },
  { title: 'LAST_BEAT', cell: (row) => beatText(row['last_heartbeat']) },
  { title: 'STATE', cell: ({ state }) => state },
]

/** Columns of the first three are gunicornc's. */
const tables: Readonly<Record<string, Table>> = {
  'show workers': { key: 'workers', noun: 'workers', columns: workerColumns },
  'show all': { key: 'web_workers', noun: 'workers', columns: workerColumns },
  'show listeners': {
    key: 'listeners',
    noun: 'listeners',
    columns: [
      { title: 'ADDRESS', cell: ({ address }) => address },
      { title: 'TYPE', cell: ({ type }) => type },
      { title: 'FD', cell: ({ fd }) => fd },
    ],
  },
  'show routes': {
    key: 'routes',
    noun: 'routes',
    columns: [
      { title: 'METHOD', cell: ({ method }) => method },
      { title: 'ROUTE', cell: ({ route }) => route },
      { title: 'REQUESTS', cell: ({ requests }) => requests },
      { title: 'PER_SECOND', cell: (row) => numberText(row['requestsPerSecond'], 2) },
      { title: 'ERRORS', cell: ({ errors }) => errors },
      { title: 'P50', cell: ({ p50 }) => numberText(p50, 4) },
      { title: 'P99', cell: ({ p99 }) => numberText(p99, 4) },
    ],
  },
  'show deaths': {
    key: 'deaths',
    noun: 'deaths',
    columns: [
      { title: 'ENDED', cell: ({ endedAt }) => endedAt },
      { title: 'PID', cell: ({ pid }) => pid },
      { title: 'REASON', cell: ({ reason }) => reason },
      { title: 'END', cell: ({ signal, exitCode }) => signal ?? `code ${exitCode}` },
      { title: 'REQUESTS', cell: ({ requests }) => requests },
    ],
  },
}

/** The answer to a command as a text for a person. */
export function textOf(command: string, data: ControlData): string {
  const name = command.trim().toLowerCase().replace(/\s+/g, ' ')
  const table = Object.hasOwn(tables, name) ? tables[name] : undefined
  if (table) return tableText(table, rowsIn(data[table.key]), headOf(name, data))
  if (name === 'show hang') return hangText(data)
  if (isRecord(data['commands'])) return linesOf(data['commands'], 2)
  const isFlat = Object.values(data).every((value) => !isRecord(value))
  return isFlat ? linesOf(data, 0) : printable(JSON.stringify(data, undefined, 2))
}

function headOf(name: string, { arbiter }: ControlData): string {
  if (name !== 'show all' || !isRecord(arbiter)) return ''
  return `Master: pid ${String(arbiter['pid'])}\n\n`
}

function tableText({ columns, noun }: Table, rows: readonly Row[], head: string): string {
  if (rows.length === 0) return `${head}No ${noun}`
  const cells = rows.map((row) => columns.map(({ cell }) => shown(cell(row))))
  const lines = [columns.map(({ title }) => title), ...cells]
  const widths = columns.map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  )
  const texts = lines.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return `${head}${texts.join('\n')}\n\nTotal: ${rows.length} ${noun}`
}

function hangText({ master, workers }: ControlData): string {
  const rows = rowsIn(workers)
  const hangs = isRecord(master) ? [{ pid: 'master', ...master }, ...rows] : rows
  if (hangs.length === 0) return 'No event loop stands still'
  return hangs.map(oneHang).join('\n\n')
}

function oneHang(row: Row): string {
  const head = `${shown(row['pid'])}: ${shown(row['state'])} for ${numberText(row['seconds'], 1)} s`
  const { stack } = row
  if (typeof stack !== 'string') return `${head}, no stack (--hang-stacks takes stacks)`
  return `${head}\n${printable(stack).replace(/^/gm, '  ')}`
}

function linesOf(data: Row, indent: number): string {
  const names = Object.keys(data)
  const width = Math.max(0, ...names.map((name) => name.length)) + 2
  return names
    .map((name) => `${' '.repeat(indent)}${name.padEnd(width)}${shown(data[name])}`)
    .join('\n')
}

function rowsIn(value: unknown): readonly Row[] {
  return Array.isArray(value) ? value.filter(isRecord) : []
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '-'
  return printableLine(Array.isArray(value) ? value.join(', ') : String(value))
}

function beatText(value: unknown): string {
  return typeof value === 'number' ? `${value}s ago` : 'n/a'
}

function numberText(value: unknown, digits: number): string {
  return typeof value === 'number' ? value.toFixed(digits) : '-'
}
