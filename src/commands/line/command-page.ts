import { lineLimits } from '../../limits/tools/line.ts'
import { type CommandName, commandList, program } from './command-list.ts'
import type { CommandOption, CommandOptions } from './command-options.ts'

/** All that the help, the manual page and the reference say about a command. */
export interface CommandPage {
  readonly name: CommandName
  /** Sentences; an empty line separates paragraphs. */
  readonly text: string
  readonly options: CommandOptions
  /** What each exit code means. */
  readonly exitCodes: Readonly<Record<number, string>>
  /** Further tables: a title, and rows of a term and its meaning. */
  readonly tables?: readonly PageTable[]
}

interface PageTable {
  readonly title: string
  readonly rows: Readonly<Record<string, string>>
}

/** The text of `COMMAND --help`. Each command has the same layout. */
export function helpText({ name, text, options, exitCodes, tables = [] }: CommandPage): string {
  const parts = [
    `Usage: ${program} ${name} ${commandList[name].operands}`.trimEnd(),
    text
      .split('\n\n')
      .map((paragraph) => wrapped(paragraph, lineLimits.helpColumns).join('\n'))
      .join('\n\n'),
    ...sections(options).map(([title, rows]) => `${title}:\n${rows.map(optionRow).join('\n')}`),
    ...tables.map(({ title, rows }) => `${title}:\n${tableRows(rows)}`),
    `Exit codes:\n${tableRows(exitCodes)}`,
  ]
  return `${parts.join('\n\n')}\n`
}

/** The options by their topics. The options of the command alone come first. */
export function sections(
  options: CommandOptions,
): (readonly [title: string, rows: readonly NamedOption[]])[] {
  const topics = new Map<string, NamedOption[]>([[ownTopic, []]])
  for (const [name, option] of Object.entries(options)) {
    const topic = option.topic ?? ownTopic
    topics.set(topic, [...(topics.get(topic) ?? []), { name, ...option }])
  }
  return [...topics].filter(([, rows]) => rows.length > 0)
}

const ownTopic = 'Options'

export interface NamedOption extends CommandOption {
  readonly name: string
}

/** `-p, --port PORT`. */
export function flagsOf({ name, short, value }: NamedOption): string {
  return `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`
}

/** The meaning, the default and the variables of an option, as one text. */
export function meaningOf({ help, fallback, env = [] }: NamedOption): string {
  const byDefault = fallback === undefined ? '' : ` (${fallback})`
  return `${help}${byDefault}${env.length > 0 ? ` [${env.join(', ')}]` : ''}`
}

function optionRow(option: NamedOption): string {
  return row(flagsOf(option), meaningOf(option), lineLimits.flagColumns)
}

function tableRows(rows: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(rows).map((term) => term.length))
  return Object.entries(rows)
    .map(([term, meaning]) => row(term, meaning, width))
    .join('\n')
}

/** A term, and its meaning beside or below the term. */
function row(term: string, meaning: string, width: number): string {
  const indent = ' '.repeat(width + 4)
  const lines = wrapped(meaning, lineLimits.helpColumns - indent.length)
  const head = `  ${term.padEnd(width)}  `
  if (term.length > width) return [`  ${term}`, ...lines.map((line) => indent + line)].join('\n')
  return lines.map((line, index) => (index === 0 ? head : indent) + line).join('\n')
}

/** The words of a text in lines. A longer word has a line of its own. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
