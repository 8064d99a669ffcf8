import { commandList, program } from '../line/command-list.ts'
import { type CommandPage, type NamedOption, sections } from '../line/command-page.ts'
import { endsAtOperand, operandsOf, type Values, valueFlags, valuesOf } from './values.ts'

const start = `complete -c ${program}`

/** Whether the line has a command. The line has further words of the same name. */
const isCommand = '__gunicorn_prometheus_exporter_is'
/** Takes the command, and the options with a value. Succeeds before the first operand. */
const isBeforeOperand = '__gunicorn_prometheus_exporter_before_operand'

const functions = `function ${isCommand}
    set -l words (commandline -opc)
    test "$words[2]" = $argv[1]
end
function ${isBeforeOperand}
    ${isCommand} $argv[1]; or return 1
    set -l isValue no
    for word in (commandline -opc)[3..]
        if test $isValue = yes
            set isValue no
        else if contains -- $word $argv[2..]
            set isValue yes
        else if not string match -q -- '-*' $word
            return 1
        end
    end
end`

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
    `${start} -n '${isCommand} help' -a ${quoted(names.join(' '))}`,
  ]
  const lines = [
    `# fish completion of ${program}`,
    functions,
    `${start} -f`,
    ...[...entries, ...help, ...pages.flatMap(commandLines)],
  ]
  return `${lines.join('\n')}\n`
}

function commandLines(page: CommandPage): string[] {
  const when = `${start} -n ${quoted(`${isCommand} ${page.name}`)}`
  const whenOption = endsAtOperand(page)
    ? `${start} -n ${quoted([isBeforeOperand, page.name, ...valueFlags(page)].join(' '))}`
    : when
  const options = sections(page.options).flatMap(([, rows]) => rows)
  const operands = action(operandsOf(page))
  return [
    ...options.map((option) => `${whenOption} ${optionText(option)}`),
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
