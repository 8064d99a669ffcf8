import { commandList, program } from '../line/command-list.ts'
import { type CommandPage, type NamedOption, sections } from '../line/command-page.ts'
import { operandsOf, type Values, valuesOf } from './values.ts'

const start = `complete -c ${program}`

/** The script for fish. */
export function fishScript(pages: readonly CommandPage[]): string {
  const names = Object.keys(commandList)
  const entries = Object.entries(commandList).map(
    ([name, { summary }]) => `${start} -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
  )
  const help = [
    `${start} -n __fish_use_subcommand -a help -d 'prints the help of a command'`,
    `${start} -n __fish_use_subcommand -l version -s v -d 'print the version'`,
    `${start} -n __fish_use_subcommand -l help -s h -d 'print the usage'`,
    `${start} -n '__fish_seen_subcommand_from help' -a ${quoted(names.join(' '))}`,
  ]
  const lines = [
    `# fish completion of ${program}`,
    `${start} -f`,
    ...[...entries, ...help, ...pages.flatMap(commandLines)],
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(page: CommandPage): string[] {
  const when = `${start} -n ${quoted(`__fish_seen_subcommand_from ${page.name}`)}`
  const options = sections(page.options).flatMap(([, rows]) => rows)
  const operands = action(operandsOf(page))
  return [
    ...options.map((option) => `${when} ${optionText(option)}`),
    ...(operands === '' ? [] : [`${when} ${operands}`]),
  ]
}

function optionText(option: NamedOption): string {
  const { name, short, value, help } = option
  const flags = `-l ${name}${short ? ` -s ${short}` : ''}`
  const given = value === undefined ? '' : ` ${actionOf(valuesOf(option))}`
  return `${flags}${given} -d ${quoted(help)}`
}

/** A value is required. Files come only where a value is a file. */
function actionOf(values: Values): string {
  return values.kind === 'files' ? '-r -F' : `-x ${action(values)}`.trimEnd()
}

function action(values: Values): string {
  if (values.kind === 'words') return `-a ${quoted(values.words.join(' '))}`
  if (values.kind === 'files') return '-F'
  return values.kind === 'directories' ? "-a '(__fish_complete_directories)'" : ''
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
