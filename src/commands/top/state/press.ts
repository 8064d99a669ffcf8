import { topLimits } from '../../../limits/tools/top.ts'
import { type ViewName, viewNames } from '../tables/table.ts'
import { sortNames } from '../tables/tables.ts'
import type { Key } from '../terminal/keys.ts'
import { clampedInterval, type TopState } from './top-state.ts'

/** What the screen has at the time of a key. */
export interface Surroundings {
  /** The keys of the listed rows, in their order. */
  readonly rows: readonly string[]
  /** Rows of the list that fit on the screen. */
  readonly listLines: number
  /** The largest useful `scroll`. */
  readonly mostScroll: number
}

/** The state after a key; `quit` ends the program. */
export function pressed(state: TopState, key: Key, around: Surroundings): TopState | 'quit' {
  if (key === 'ctrl-c') return 'quit'
  if (state.filterBefore !== undefined) return typed(state, key)
  if (state.page !== 'list') return turned(state, key, around)
  if (key === 'q') return 'quit'
  const moved = movement(key, around.listLines)
  if (moved !== undefined) return { ...state, selected: neighbour(state, moved, around.rows) }
  return commands.get(key)?.(state, around) ?? state
}

type Command = (state: TopState, around: Surroundings) => TopState

const commands: ReadonlyMap<Key, Command> = new Map(
  Object.entries({
    ...Object.fromEntries(
      viewNames.map((view, index): [string, Command] => [
        String(index + 1),
        (state) => shownView(state, view),
      ]),
    ),
    tab: (state) => nextView(state, 1),
    'shift-tab': (state) => nextView(state, -1),
    left: (state) => nextSort(state, -1),
    right: (state) => nextSort(state, 1),
    '<': (state) => nextSort(state, -1),
    '>': (state) => nextSort(state, 1),
    s: (state) => nextSort(state, 1),
    r: reversed,
    '/': (state) => ({ ...state, filterBefore: state.filter, selected: undefined }),
    escape: (state) => ({ ...state, filter: '', selected: undefined, instance: null }),
    enter: opened,
    p: (state) => ({ ...state, isPaused: !state.isPaused }),
    ' ': (state) => ({ ...state, isPaused: !state.isPaused }),
    '+': (state) => ({ ...state, intervalSeconds: clampedInterval(2 * state.intervalSeconds) }),
    '-': (state) => ({ ...state, intervalSeconds: clampedInterval(state.intervalSeconds / 2) }),
    h: (state) => ({ ...state, page: 'help', scroll: 0 }),
    '?': (state) => ({ ...state, page: 'help', scroll: 0 }),
  } satisfies Record<Key, Command>),
)

/** Keys of the line that writes the filter. The list shows the filter at once. */
function typed(state: TopState, key: Key): TopState {
  const { filter, filterBefore = '' } = state
  if (key === 'enter') return { ...state, filterBefore: undefined }
  if (key === 'escape') return { ...state, filter: filterBefore, filterBefore: undefined }
  if (key === 'backspace') return { ...state, filter: Array.from(filter).slice(0, -1).join('') }
  const isText = Array.from(key).length === 1
  const hasRoom = filter.length + key.length <= topLimits.filterChars
  return isText && hasRoom ? { ...state, filter: filter + key } : state
}

/** Keys of details and of help. */
function turned(state: TopState, key: Key, { listLines, mostScroll }: Surroundings): TopState {
  const moved = movement(key, listLines)
  if (moved !== undefined) {
    const scroll = Math.min(mostScroll, Math.max(0, state.scroll + moved))
    return { ...state, scroll }
  }
  if (['q', 'escape', 'enter', 'h', '?', 'backspace'].includes(key)) {
    return { ...state, page: 'list', scroll: 0 }
  }
  return state
}

const everything = 1_000_000

function movement(key: Key, listLines: number): number | undefined {
  const moves: Readonly<Record<string, number>> = {
    ...{ up: -1, k: -1, down: 1, j: 1, pageup: -listLines, pagedown: listLines },
    ...{ home: -everything, end: everything },
  }
  return Object.hasOwn(moves, key) ? moves[key] : undefined
}

function neighbour(
  { selected }: TopState,
  moved: number,
  rows: readonly string[],
): string | undefined {
  const from = Math.max(0, selected === undefined ? 0 : rows.indexOf(selected))
  const to = Math.min(rows.length - 1, Math.max(0, from + moved))
  // Without a selection, the first row stays selected when the order changes.
  return to === 0 ? undefined : rows[to]
}

function shownView(state: TopState, view: ViewName): TopState {
  return { ...state, view, selected: undefined, filter: '' }
}

function nextView(state: TopState, step: number): TopState {
  const at = viewNames.indexOf(state.view) + step + viewNames.length
  return shownView(state, viewNames[at % viewNames.length] ?? state.view)
}

function nextSort(state: TopState, step: number): TopState {
  const { view, orders } = state
  const names = sortNames(view)
  const at = names.indexOf(orders[view].sort) + step + names.length
  const sort = names[at % names.length] ?? orders[view].sort
  const order = { sort, isReversed: false }
  return { ...state, selected: undefined, orders: { ...orders, [view]: order } }
}

function reversed(state: TopState): TopState {
  const { view, orders } = state
  const order = { ...orders[view], isReversed: !orders[view].isReversed }
  return { ...state, selected: undefined, orders: { ...orders, [view]: order } }
}

/** Enter: the details of the row; of an instance, the workers of the instance. */
function opened(state: TopState, { rows }: Surroundings): TopState {
  const row = state.selected ?? rows[0]
  if (row === undefined) return state
  if (state.view === 'instances') return { ...shownView(state, 'workers'), instance: row }
  return { ...state, page: 'details', selected: row, scroll: 0 }
}
