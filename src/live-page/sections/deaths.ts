import type { LiveDeath, LiveDocument } from '../../model/live/live-document.ts'
import { clockText } from '../../model/text/clock.ts'
import { ageText, bytesText, countText, unknownText } from '../../model/text/quantity.ts'
import type { ShownState } from '../data/worker-state.ts'
import { byId, element, setText } from '../dom/element.ts'
import type { Column } from '../table/table-options.ts'
import { codeBlock, fillState, nameColumn, numberColumn, textColumn } from './cells.ts'
import { fillHang } from './hang-detail.ts'
import { tableSection } from './section.ts'

/** The table of ended workers. */
export function deaths(): (document: LiveDocument) => void {
  let hidden: string | null = null
  const root = byId('deaths', HTMLElement)
  const link = byId('deaths-link', HTMLElement)
  const { table, note } = tableSection<LiveDeath>('deaths', 'Deaths', {
    noun: 'deaths',
    columns: columns(),
    keyOf: ({ workerId, endedAt }) => JSON.stringify([workerId, endedAt]),
    order: { column: 'time', direction: 'descending' },
    searched: ({ workerId, reason, end, error }) => `${workerId} ${reason} ${end} ${error?.name}`,
    detail: {
      title: detailTitle,
      fill: (cell, death) => fillDetail(cell, death, hidden),
    },
    empty: 'No worker has ended.',
  })
  return (document) => {
    // The documents of a sidecar have no deaths: each instance keeps its own.
    const isSidecar = document.kind === 'sidecar'
    for (const part of [root, link]) part.hidden = isSidecar
    if (isSidecar) return
    hidden = document.hidden
    setText(note, hidden === null ? '' : `Messages and stacks are ${hidden}.`)
    table.update(document.deaths)
  }
}

function columns(): Column<LiveDeath>[] {
  return [
    nameColumn(
      ['time', 'Time'],
      ({ endedAt }) => timeText(endedAt),
      ({ endedAt }) => endedAt,
    ),
    textColumn(['worker', 'Worker'], ({ workerId }) => workerId),
    {
      key: 'reason',
      title: 'Reason',
      align: 'text',
      value: ({ reason }) => reason,
      fill: (cell, death) => fillState(cell, reasonState(death)),
    },
    textColumn(['end', 'Ended by'], ({ end }) => end),
    textColumn(['error', 'Error'], ({ error }) => error?.name ?? unknownText),
    numberColumn(['age', 'Age'], ({ ageSeconds }) => ageSeconds, ageText),
    numberColumn(['requests', 'Requests'], ({ requests }) => requests, countText),
    numberColumn(['memory', 'Memory'], ({ memoryBytes }) => memoryBytes, bytesText),
    numberColumn(
      ['pid', 'pid', 'Process id'],
      ({ pid }) => pid,
      (pid) => String(pid ?? unknownText),
    ),
  ]
}

function reasonState({ reason, certainty, restartType }: LiveDeath): ShownState {
  const word = certainty === 'certain' ? reason : `${reason} (probable)`
  if (restartType === 'graceful') return { word, sign: '✓', tone: 'quiet' }
  return { word, sign: '✕', tone: 'bad' }
}

function detailTitle({ error, hang }: LiveDeath): string | undefined {
  if (error !== null) return 'error'
  return hang === null ? undefined : 'hang'
}

function fillDetail(cell: HTMLElement, death: LiveDeath, hidden: string | null): void {
  // A death does not change.
  if (cell.childElementCount > 0) return
  const { error, hang } = death
  if (error !== null) {
    const message = error.message ?? (hidden === null ? 'no message' : `message ${hidden}`)
    cell.append(element('p', {}, [element('strong', {}, [error.name]), `: ${message}`]))
    if (error.stack) cell.append(codeBlock(error.stack, 'Stack of the error'))
  }
  if (hang !== null) fillHang(cell, hang, hidden)
}

/** With the day, for a death of another day. */
function timeText(endedAt: number): string {
  const date = new Date(endedAt)
  const isToday = date.toDateString() === new Date().toDateString()
  const clock = clockText(endedAt)
  return isToday ? clock : `${date.toLocaleDateString('en-CA')} ${clock}`
}
