import { type Line, span } from '../text/style.ts'

const keys: readonly (readonly [key: string, meaning: string])[] = [
  ['1 2 3 4, Tab', 'shows workers, routes, deaths, instances'],
  ['arrows, PgUp, PgDn', 'select a row; also j and k, Home and End'],
  ['Enter', 'shows everything about the row: the stack of a hanging worker, the error of a'],
  ['', 'death. For an instance of a sidecar: shows its workers'],
  ['< >, s', 'sort by the previous or the next column'],
  ['r', 'reverses the order'],
  ['/', 'shows only rows with a text. Enter keeps the filter, Esc ends it'],
  ['Esc', 'goes back; ends the filter; shows all instances'],
  ['p, space', 'pauses, and goes on'],
  ['+ -', 'doubles or halves the time between two readings'],
  ['h, ?', 'shows this help'],
  ['q, Ctrl-C', 'ends top'],
]

const words: readonly (readonly [word: string, meaning: string])[] = [
  ['HANGING', 'the event loop of the worker stands still: no request gets an answer'],
  ['STOPPED', 'a signal or a debugger has stopped the process'],
  ['no requests', 'the worker lives, and no server of it takes connections'],
  ['ACTIVE', 'requests that the worker is answering'],
  ['DELAY', 'longest stall of the event loop: of two seconds; without /live, of a minute'],
  ['REPORT', 'age of the last report of the worker'],
  ['HEAP', 'share of the largest JavaScript heap that V8 allows'],
  ['-', 'the exporter does not know the value'],
]

export function helpLines(): Line[] {
  const rows = (pairs: typeof keys): Line[] =>
    pairs.map(([name, meaning]) => [span(name.padEnd(20), 'bold'), span(meaning)])
  return [
    [span('Keys', 'head')],
    ...rows(keys),
    [],
    [span('Words', 'head')],
    ...rows(words),
    [],
    [span('docs/top.md of the package explains every column.', 'dim')],
  ]
}
