import { setTimeout as sleep } from 'node:timers/promises'
import { topLimits } from '../../limits/tools/top.ts'
import type { LiveColumn } from '../../model/live/live-document.ts'
import { printableJson } from '../../model/text/printable.ts'
import type { Reading } from './source/reading.ts'
import type { Source } from './source/source.ts'
import { History } from './state/history.ts'
import type { StateOptions } from './state/top-state.ts'
import { headLine, layoutOf, rowLine } from './tables/layout.ts'
import { routeNote } from './tables/route-table.ts'
import { orderedRows } from './tables/rows.ts'
import { withTable } from './tables/tables.ts'
import { type Ability, plainText, span } from './text/style.ts'
import { topJson } from './top-json.ts'
import { headerText } from './view/plain-header.ts'

export interface PlainOptions {
  readonly source: Pick<Source, 'read'>
  readonly state: StateOptions
  readonly output: 'text' | 'json'
  /** Undefined: without end. */
  readonly count: number | undefined
  readonly shownTarget: string
  readonly ability: Ability
  /** Columns of the text. */
  readonly width: number
  /** @returns false where nobody reads any more. */
  readonly write: (text: string) => boolean
}

/** Prints the figures as text or as lines of JSON. @throws TopFailure */
export async function printPlain(options: PlainOptions): Promise<void> {
  const { source, state, count = Number.POSITIVE_INFINITY, output, write } = options
  const history = new History()
  let reading = await source.read(null)
  if (reading.source === 'metrics') {
    // Rates need two readings of a page.
    history.add(reading.document.history)
    await sleep(firstPauseMs)
    reading = await source.read(null)
  }
  for (let printed = 1; ; printed += 1) {
    history.add(reading.document.history)
    const text =
      output === 'json'
        ? `${printableJson(JSON.stringify(topJson(reading, options)))}\n`
        : tableText(reading, history, options)
    if (!write(text) || printed >= count) return
    await sleep(1_000 * state.intervalSeconds)
    reading = await source.read(null)
  }
}

/** Time between the first two readings of a page, milliseconds. */
const firstPauseMs = 1_000 * topLimits.pageSeconds

function tableText(
  reading: Reading,
  history: History,
  { state, shownTarget, ability, width }: PlainOptions,
): string {
  const note = state.view === 'routes' ? routeNote(reading.document.routes) : undefined
  const notes = note === undefined ? [] : [[span(`Note: ${note}`)]]
  const head = [...headerText(reading, shownTarget), ...notes]
  const body = withTable(state.view, (table) => {
    const rows = orderedRows(table, reading.document, state)
    if (rows.length === 0) return [[span(table.emptyText(reading.document))]]
    const layout = layoutOf(table, rows, width)
    const trendOf = (id: string): LiveColumn => history.worker(id)
    const heads = [span(headLine(layout, state))]
    return [heads, ...rows.map((row) => rowLine(layout, row, trendOf))]
  })
  return `${[...head, [], ...body].map((line) => plainText(line, ability)).join('\n')}\n`
}
