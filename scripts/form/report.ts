import { lineLimits } from './long-lines.ts'
import { type Form, longFile } from './measure.ts'
import { longSentence, type Prose } from './prose.ts'
import type { Spread } from './spread.ts'

/** The figures as a table. A form to compare with becomes the column `before`. */
export function tableOf(form: Form, before?: Form): string {
  const columns = before ? [before, form] : [form]
  const rows = columns.map(figuresOf)
  const labels = [...new Set(rows.flatMap((row) => [...row.keys()]))]
  const head = before ? ['', 'before', 'now'] : ['', 'now']
  return aligned([
    head,
    ...labels.map((label) => [label, ...rows.map((row) => row.get(label) ?? '-')]),
  ])
}

/** The prose figures by group. With a form to compare with, a cell reads `before > now`. */
export function proseTableOf(prose: Form['prose'], before?: Form['prose']): string {
  const groups = [...new Set([...Object.keys(before ?? {}), ...Object.keys(prose)])]
  return aligned([
    ['', ...Object.keys(proseColumns)],
    ...groups.map((group) => [
      group,
      ...Object.values(proseColumns).map((figure) => {
        const now = cell(prose[group], figure)
        return before ? `${cell(before[group], figure)} > ${now}` : now
      }),
    ]),
  ])
}

/** The lists behind the figures. */
export function listsOf(form: Form): string {
  const { stages, folders } = form.imports
  return [
    list('Names declared in two or more files', form.sharedNames, ({ name, paths }) => {
      return `${name}: ${paths.join(', ')}`
    }),
    list(
      'Files side by side',
      form.folders.slice(0, 10),
      ({ folder, files }) => `${files} ${folder}`,
    ),
    list('Circles of stages', stages.circles, (circle) => circle.join(', ')),
    list('Stages that import each other', stages.pairs, (pair) => pair.join(' <-> ')),
    list('Circles of folders', folders.circles, (circle) => circle.join(', ')),
    list('Folders that import each other', folders.pairs, (pair) => pair.join(' <-> ')),
    list(`Files above ${longFile} lines`, form.longFiles, ({ path, lines }) => `${lines} ${path}`),
    list('Long lines in code', form.longLines.code.first, locatedLine),
    list('Long lines in Markdown', form.longLines.markdown.first, locatedLine),
    list('Longest sentences', Object.entries(form.prose), ([group, { longest }]) => {
      return `${group}: ${longest.words} words, ${longest.at}\n    ${longest.text}`
    }),
  ].join('\n')
}

/** Aligns the cells of each column. The first column is on the left, the others on the right. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      return `${cells.join('  ').trimEnd()}\n`
    })
    .join('')
}

const proseColumns: Readonly<Record<string, (prose: Prose) => number>> = {
  words: ({ words }) => words,
  sentences: ({ sentences }) => sentences,
  mean: ({ meanWords }) => meanWords,
  p90: ({ p90Words }) => p90Words,
  max: ({ longest }) => longest.words,
  [`over ${longSentence}`]: ({ long }) => long,
  'pronouns/100': ({ pronounsPer100Words }) => pronounsPer100Words,
  'who/1,000': ({ whoPer1000Words }) => whoPer1000Words,
}

function cell(prose: Prose | undefined, figure: (prose: Prose) => number): string {
  return prose ? `${figure(prose)}` : '-'
}

function figuresOf(form: Form): Map<string, string> {
  const { assertions, imports, longLines } = form
  const [largest] = form.folders
  const largestOfSrc = form.folders.find(({ folder }) => /^src(?:\/|$)/.test(folder))
  return new Map([
    ...spreadRow('lines of files in src', form.files),
    [`files above ${longFile} lines`, `${form.longFiles.length}`],
    ...spreadRow('lines of functions', form.functions),
    ['type assertions: as / <> / !', joined(assertions.as, assertions.angle, assertions.nonNull)],
    ['type assertions per 1,000 lines', `${assertions.per1000Lines}`],
    ['exported names with two or more homes', `${form.sharedNames.length}`],
    ['files side by side: src / anywhere', joined(largestOfSrc?.files ?? 0, largest?.files ?? 0)],
    ['circles of stages / of folders', joined(...sizes(imports, 'circles'))],
    ['mutual imports of stages / of folders', joined(...sizes(imports, 'pairs'))],
    [`lines over ${lineLimits.code} columns in code`, `${longLines.code.count}`],
    [`lines over ${lineLimits.markdown} columns in Markdown`, `${longLines.markdown.count}`],
  ])
}

function spreadRow(label: string, { count, p50, p90, max }: Spread): [string, string][] {
  return [[`${label}: count / p50 / p90 / max`, joined(count, p50, p90, max)]]
}

function sizes(imports: Form['imports'], what: 'circles' | 'pairs'): [number, number] {
  return [imports.stages[what].length, imports.folders[what].length]
}

function joined(...figures: readonly number[]): string {
  return figures.join(' / ')
}

function list<Item>(title: string, items: readonly Item[], row: (item: Item) => string): string {
  const rows = items.map((item) => `  ${row(item)}\n`)
  return `${title}\n${rows.join('') || '  none\n'}`
}

function locatedLine({ path, line, columns }: Form['longLines']['code']['first'][number]): string {
  return `${path}:${line} (${columns} columns)`
}
