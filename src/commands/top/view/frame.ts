import type { Reading } from '../source/reading.ts'
import type { History } from '../state/history.ts'
import { orderOf, type TopState } from '../state/top-state.ts'
import { headLine, layoutOf, rowLine } from '../tables/layout.ts'
import { orderedRows } from '../tables/rows.ts'
import { type Table, viewNames } from '../tables/table.ts'
import { withTable } from '../tables/tables.ts'
import { bar, type Line, type Span, type Style, span } from '../text/style.ts'
import { cut } from '../text/text-width.ts'
import { headerLines, type Progress } from './header.ts'
import { helpLines } from './help.ts'

interface Size {
  readonly columns: number
  readonly lines: number
}

/** A screen, and what keys need to know of the screen. */
export interface Frame {
  readonly lines: readonly Line[]
  /** The keys of all rows of the list. */
  readonly rows: readonly string[]
  readonly listLines: number
  /** Lines of details or help above which nothing more can be scrolled away. */
  readonly mostScroll: number
}

export interface FrameContext {
  readonly history: History
  readonly state: TopState
  readonly progress: Progress
  readonly size: Size
}

/** The whole screen: exactly as many lines as the terminal has. */
export function frameOf(reading: Reading, context: FrameContext): Frame {
  const { history, state, progress, size } = context
  const { columns: width, lines: height } = size
  // A low screen shows the list rather than the figures.
  const most = height < 10 ? Math.max(0, height - 6) : height
  const head = headerLines(reading, history, { width, progress, state }).slice(0, most)
  const top = [...head, tabsLine(reading, state, width)]
  const foot = height < 4 ? [] : [bar([span(footText(state, width))], width, 'head')]
  const listLines = Math.max(1, height - top.length - foot.length - 1)
  const body = withTable(state.view, (table) => bodyOf(table, reading, { ...context, listLines }))
  const lines = [...top, ...body.lines]
  const space = Array.from({ length: Math.max(0, height - foot.length - lines.length) }, () => [])
  const shown = [...lines, ...space].slice(0, Math.max(0, height - foot.length))
  return { lines: [...shown, ...foot], rows: body.rows, listLines, mostScroll: body.mostScroll }
}

interface BodyContext extends FrameContext {
  readonly listLines: number
}

type Body = Pick<Frame, 'lines' | 'rows' | 'mostScroll'>

function bodyOf<Row>(table: Table<Row>, reading: Reading, context: BodyContext): Body {
  const { state, size, listLines } = context
  const rows = orderedRows(table, reading.document, orderOf(state))
  const keys = rows.map((row) => table.keyOf(row))
  if (state.page === 'list') {
    const { kind } = reading.document
    return { lines: listOf(table, rows, { ...context, kind }), rows: keys, mostScroll: 0 }
  }
  const chosen = rows[Math.max(0, keys.indexOf(state.selected ?? ''))]
  const all = state.page === 'help' ? helpLines() : detailsOf(table, chosen, reading)
  const lines = all.flatMap((line) => folded(line, size.columns))
  // The line of the heads is free, too.
  const room = listLines + 1
  const mostScroll = Math.max(0, lines.length - room)
  const start = Math.min(state.scroll, mostScroll)
  return { lines: lines.slice(start, start + room), rows: keys, mostScroll }
}

function detailsOf<Row>(table: Table<Row>, row: Row | undefined, reading: Reading): Line[] {
  if (row === undefined) return [[span('The row has gone. Esc goes back to the list.', 'warn')]]
  return table.detailsOf(row, reading.document).map((each) => [each])
}

/** A long line on several lines: a stack names files with long paths. */
function folded(line: Line, width: number): Line[] {
  const [only, ...others] = line
  if (only === undefined || others.length > 0 || width < 1) return [line]
  const lines: Line[] = []
  let left = only.text
  while (left !== '') {
    const [first = ''] = left
    // A character of two columns has no room on a screen of one column.
    const piece = cut(left, width, '') || first
    lines.push([{ text: piece, style: only.style }])
    left = left.slice(piece.length)
  }
  return lines
}

function listOf<Row>(
  table: Table<Row>,
  rows: readonly Row[],
  { kind, ...context }: BodyContext & Pick<Reading['document'], 'kind'>,
): Line[] {
  const { state, size, listLines, history } = context
  const layout = layoutOf(table, rows, size.columns)
  const head = bar([span(headLine(layout, orderOf(state)))], size.columns, 'head')
  if (rows.length === 0) {
    const { filter } = state
    const text = filter === '' ? table.emptyText({ kind }) : `No row has the text ${filter}.`
    return [head, [span(text, 'dim')]]
  }
  const at = Math.max(
    0,
    rows.findIndex((row) => table.keyOf(row) === state.selected),
  )
  const start = Math.max(0, Math.min(at - Math.floor(listLines / 2), rows.length - listLines))
  const shown = rows.slice(start, start + listLines)
  const lines = shown.map((row, index) => {
    const line = rowLine(layout, row, (id) => history.worker(id))
    return index + start === at ? selectedLine(line, table.styleOf(row), size.columns) : line
  })
  return [head, ...lines]
}

/** The selected row stays red where the row is red. */
function selectedLine(line: Line, style: Style, width: number): Line {
  return bar(line, width, style === 'bad' ? 'selectedBad' : 'selected')
}

const titles = { workers: 'Workers', routes: 'Routes', deaths: 'Deaths', instances: 'Instances' }

function tabsLine({ document }: Reading, state: TopState, width: number): Line {
  const tabs = viewNames.map((view, index): Span => {
    const count = withTable(view, (table) => table.rows(document).length)
    const name = width < 60 ? titles[view].slice(0, 4) : titles[view]
    return span(` ${index + 1} ${name} ${count} `, view === state.view ? 'selected' : 'plain')
  })
  return tabs
}

function footText({ page, filterBefore }: TopState, width: number): string {
  if (filterBefore !== undefined) return ' Enter keeps the filter   Esc drops the filter'
  if (page !== 'list') return ' Esc goes back   arrows scroll'
  const short = ' q quit  h help  Enter details  / filter  s sort'
  const long = `${short}  r reverse  p pause  Tab view`
  return width < long.length ? short : long
}
