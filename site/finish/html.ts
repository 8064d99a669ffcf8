import { createHash } from 'node:crypto'

/** A row of a table that the search finds by its names, such as a setting. */
export interface NamedRow {
  /** Head of the table's first column. */
  readonly column: string
  /** The first name is also the anchor. */
  readonly names: readonly string[]
  /** Names in the other cells: cells that are nothing but code, and the option of a setting. */
  readonly otherNames: readonly string[]
  /** Texts of the other cells. */
  readonly texts: readonly string[]
}

export interface FinishedPage {
  readonly html: string
  readonly rows: readonly NamedRow[]
}

/** Heads of tables whose rows are entries of a reference: a row is wider than a page. */
const entryColumns = ['environment', 'metric', 'Property']

const name = /<code>([A-Za-z][\w.-]{2,})<\/code>/g

/** Completes a page of the generator: anchors of rows, tables that scroll, the policy. */
export function finishPage(html: string): FinishedPage {
  const ids = new Set(Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id = '']) => id))
  const rows: NamedRow[] = []
  const withTables = html.replace(/<table>[\s\S]*?<\/table>/g, (table) => {
    const column = textOf(/<th[\s\S]*?<\/th>/.exec(table)?.[0] ?? '')
    const anchored = table.replace(/<tr>\s*(<td[\s\S]*?)<\/tr>/g, (_, cells: string) => {
      const row = { column, ...rowOf(cells) }
      if (row.names.length > 0) rows.push(row)
      return `<tr>${withAnchors(cells, ids)}</tr>`
    })
    return entryColumns.includes(column)
      ? entries(anchored)
      : `<div class="table">${anchored}</div>`
  })
  return { html: withPolicy(withSearchButton(withShortCode(withTables))), rows }
}

/** The names are in the first cell, or in the second cell of a setting without a variable. */
function namingCell(cells: readonly string[]): number {
  return textOf(cells[0] ?? '') === 'none' ? 1 : 0
}

/** Short code stays in one line: browsers break a line after each hyphen. */
function withShortCode(html: string): string {
  return html.replace(/<code>([^<]{1,28})<\/code>/g, '<code class="short">$1</code>')
}

/** Rows below each other instead of columns. Roles keep the table for assistive programs. */
function entries(table: string): string {
  const heads = Array.from(table.matchAll(/<th[^>]*>([\s\S]*?)<\/th>/g), ([, head = '']) =>
    textOf(head),
  )
  const rows = table.replace(/<tr>([\s\S]*?)<\/tr>/g, (_, cells: string) => {
    let index = 0
    const labelled = cells.replace(/<td>/g, () => `<td role="cell" data-label="${heads[index++]}">`)
    return `<tr role="row">${labelled.replaceAll('<th>', '<th role="columnheader">')}</tr>`
  })
  return rows
    .replace('<table>', '<table class="entries" role="table">')
    .replace('<thead>', '<thead role="rowgroup">')
    .replace('<tbody>', '<tbody role="rowgroup">')
}

/**
 * Names the search button by its text. The generator's label lacks the text of the key.
 */
function withSearchButton(html: string): string {
  return html.replace(
    /(<button data-open-modal[^>]*?) aria-label="([^"]*)"([^>]*>)([\s\S]*?)<kbd /,
    '$1$3<span class="sr-only">$2</span>$4<kbd aria-hidden="true" ',
  )
}

function rowOf(text: string): Omit<NamedRow, 'column'> {
  const cells = text.split('</td>')
  const [naming = '', ...others] = cells.slice(namingCell(cells))
  const names = namesOf(naming)
  const otherNames = others
    .filter((cell) => /^\s*<td><code>[^<]*<\/code>\s*$/.test(cell))
    .map(textOf)
    .concat(others.flatMap(optionIn))
  return { names, otherNames, texts: others.map(textOf).filter((each) => each !== '') }
}

/** The option at the end of a meaning, as in `(run --workers)`. */
function optionIn(cell: string): string[] {
  const [, option] = /\(<code>(?:[a-z]+ )?(--[\w-]+)<\/code>\)\s*$/.exec(cell) ?? []
  return option === undefined ? [] : [option]
}

/** The names of a cell that has nothing but names. */
function namesOf(cell: string): string[] {
  if (!/^,?$/.test(textOf(cell.replace(name, '')).replaceAll(/, ?/g, ''))) return []
  return Array.from(cell.matchAll(name), ([, each = '']) => each)
}

/** Each name becomes an anchor, unless the page has the anchor. */
function withAnchors(text: string, ids: Set<string>): string {
  const cells = text.split('</td>')
  const naming = namingCell(cells)
  if (namesOf(cells[naming] ?? '').length === 0) return text
  const anchored = (cells[naming] ?? '').replace(name, (match, each: string) => {
    if (ids.has(each)) return match
    ids.add(each)
    return `<a class="anchor" href="#${each}"><code id="${each}">${breakable(each)}</code></a>`
  })
  return cells.with(naming, anchored).join('</td>')
}

/** A long name breaks after its underscores only. */
function breakable(text: string): string {
  return text.replaceAll('_', '_<wbr>')
}

/**
 * Allows only what comes from the site, and the page's own inline scripts. Colours of code are
 * attributes, which the policy allows as a whole. The search runs WebAssembly.
 */
function withPolicy(html: string): string {
  const scripts = html.matchAll(/<script(?![^>]* src=)[^>]*>([\s\S]*?)<\/script>/g)
  const hashes = new Set(Array.from(scripts, ([, script = '']) => `'sha256-${hashOf(script)}'`))
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' ${[...hashes].join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}"/>`
  return html.replace(/<meta charset="utf-8"\s*\/?>/, (charset) => charset + meta)
}

function hashOf(script: string): string {
  return createHash('sha256').update(script).digest('base64')
}

/** Text of a piece of HTML. */
export function textOf(html: string): string {
  return decoded(html.replace(/<[^>]*>/g, ''))
    .replace(/\s+/g, ' ')
    .trim()
}

/** A text or an attribute without entities. */
export function decoded(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' }
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/&(lt|gt|quot|amp);/g, (_, entity: string) => entities[entity] ?? '')
}
