import { commandPages } from '../src/commands/completion/command-pages.ts'
import { commandList, program } from '../src/commands/line/command-list.ts'
import {
  type CommandPage,
  flagsOf,
  meaningOf,
  type NamedOption,
  sections,
} from '../src/commands/line/command-page.ts'
import { version } from '../src/model/version.ts'

/** The last change of the form of the page: the page must not change from day to day. */
const date = '2026-11-29'

/** The manual page of the command line, for `man`. */
export function manualPage(): string {
  const lines = [
    '.\\" Written by npm run docs. Do not edit.',
    `.TH ${escaped(program.toUpperCase())} 1 ${date} "${program} ${version}" "User Commands"`,
    '.SH NAME',
    `${escaped(program)} \\- Prometheus metrics for every worker of a Node.js cluster`,
    '.SH SYNOPSIS',
    ...Object.entries(commandList).flatMap(([name, { operands }], index) => [
      ...(index === 0 ? [] : ['.br']),
      `.B ${escaped(program)} ${name}`,
      text(operands),
    ]),
    '.SH COMMANDS',
    ...commandPages.flatMap(commandLines),
    '.SH FILES',
    ...term('gunicorn\\-prometheus\\-exporter.yml', 'the configuration, in the working directory'),
    '.SH SEE ALSO',
    'The folder docs of the package has the guides, the list of all settings',
    '(docs/configuration.md) and the list of error codes (docs/errors.md).',
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(page: CommandPage): string[] {
  const { name, exitCodes, tables = [] } = page
  return [
    `.SS ${name}`,
    ...page.text
      .split('\n\n')
      .flatMap((each, index) => [...(index > 0 ? ['.PP'] : []), text(each)]),
    ...sections(page.options).flatMap(([title, rows]) => [
      '.PP',
      `.I ${text(title)}`,
      ...rows.flatMap(optionLines),
    ]),
    ...tables.flatMap(({ title, rows }) => [
      '.PP',
      `.I ${text(title)}`,
      ...Object.entries(rows).flatMap(([word, meaning]) => term(text(word), meaning)),
    ]),
    '.PP',
    '.I Exit codes',
    ...Object.entries(exitCodes).flatMap(([code, meaning]) => term(code, meaning)),
  ]
}

function optionLines(option: NamedOption): string[] {
  return term(text(flagsOf(option).trim()), meaningOf(option))
}

function term(word: string, meaning: string): string[] {
  return ['.TP', `.B ${word}`, text(meaning)]
}

/** A line of text: no line starts with a control character. */
function text(given: string): string {
  return escaped(given).replace(/^(?=[.'])/, '\\&')
}

function escaped(given: string): string {
  return given
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('’', '\\(cq')
    .replaceAll('"', '\\(dq')
    .replaceAll('…', '...')
}
