import { cut, padded, shown, widthOf } from './text-width.ts'

/** Colours have a meaning: `bad` needs a person, `warn` may need a person. */
export type Style =
  | 'plain'
  | 'bad'
  | 'warn'
  | 'good'
  | 'dim'
  | 'bold'
  | 'head'
  | 'selected'
  | 'selectedBad'

/** A piece of a line with one style. */
export interface Span {
  readonly text: string
  readonly style: Style
}

export type Line = readonly Span[]

/** What the terminal can show. */
export interface Ability {
  readonly hasColour: boolean
  /** False: ASCII only. */
  readonly hasUnicode: boolean
}

/** @param text can come from another program. */
export function span(text: string, style: Style = 'plain'): Span {
  return { text: shown(text), style }
}

const reset = '\u{1b}[0m'

/** Without colours, bold and reverse video carry the meaning. */
const codes: Readonly<Record<Style, readonly [colour: string, plain: string]>> = {
  plain: ['', ''],
  bad: ['1;31', '1;7'],
  warn: ['33', '1'],
  good: ['32', ''],
  dim: ['2', ''],
  bold: ['1', '1'],
  head: ['7', '7'],
  selected: ['7', '7'],
  selectedBad: ['1;7;31', '1;7'],
}

/** The line with escape sequences, at most so many columns wide. */
export function painted(line: Line, width: number, { hasColour, hasUnicode }: Ability): string {
  let room = width
  let text = ''
  for (const { text: whole, style } of line) {
    const piece = cut(hasUnicode ? whole : ascii(whole), room, '')
    room -= widthOf(piece)
    const [colour, plain] = codes[style]
    const code = hasColour ? colour : plain
    text += code === '' || piece === '' ? piece : `\u{1b}[${code}m${piece}${reset}`
    if (room <= 0) break
  }
  return text
}

/** The line as plain text, without spaces at the end. */
export function plainText(line: Line, { hasUnicode }: Ability): string {
  const text = line.map((each) => each.text).join('')
  return (hasUnicode ? text : ascii(text)).trimEnd()
}

/** Letters of other scripts have no ASCII form: a question mark per column keeps the layout. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) => {
    const known = asciiForms[character]
    if (known !== undefined) return known
    return '?'.repeat(widthOf(character))
  })
}

const asciiForms: Readonly<Record<string, string>> = {
  '…': '~',
  '·': '|',
  '–': '-',
  '’': "'",
  '▲': '^',
  '▼': 'v',
  '↑': '^',
  '↓': 'v',
  '▁': '_',
  '▂': '.',
  '▃': ':',
  '▄': '-',
  '▅': '=',
  '▆': '+',
  '▇': '*',
  '█': '#',
}

/** The line in one style over the whole width. */
export function bar(line: Line, width: number, style: Style): Line {
  const text = line.map((each) => each.text).join('')
  return [{ text: padded(cut(text, width, ''), width, 'left'), style }]
}

/** Two parts of a line: the second part stands at the right end where there is room. */
export function spread(left: Line, right: Line, width: number): Line {
  const space = width - columns(left) - columns(right)
  return space < 1 ? left : [...left, { text: ' '.repeat(space), style: 'plain' }, ...right]
}

export function columns(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0)
}
