import { shellQuoted } from '../../model/text/shell-word.ts'
import { commandList, program } from '../line/command-list.ts'
import { type CommandPage, type NamedOption, sections } from '../line/command-page.ts'
import { endsAtOperand, operandsOf, type Values, valuesOf } from './values.ts'

/** The script for zsh: a function of `compinit`. */
export function zshScript(pages: readonly CommandPage[]): string {
  const rows = Object.entries(commandList).map(([name, each]) => `${name}:${each.summary}`)
  const commands = [...rows, 'help:prints the help of a command']
  return `#compdef ${program}
_gunicorn_prometheus_exporter() {
  local -a commands=(
${commands.map((each) => `    ${shellQuoted(each)}\n`).join('')}  )
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '(-)'{-h,--help}'[print the usage]' '(-)'{-v,--version}'[print the version]' \\
    '1:command:->command' '*::argument:->argument' && return 0
  case $state in
    command) _describe -t commands command commands ;;
    argument)
      case $line[1] in
        help) _describe -t commands command commands ;;
${pages.map(commandCase).join('')}      esac ;;
  esac
}
if [ "$funcstack[1]" = _gunicorn-prometheus-exporter ]; then
  _gunicorn_prometheus_exporter "$@"
else
  compdef _gunicorn_prometheus_exporter ${program}
fi
`
}

function commandCase(page: CommandPage): string {
  const options = sections(page.options).flatMap(([, rows]) => rows.flatMap(specs))
  const operands = shellQuoted(`*:argument:${action(operandsOf(page))}`)
  const all = [...options, operands].map((each) => `          ${each}`).join(' \\\n')
  const end = endsAtOperand(page) ? ` -A '-*'` : ''
  return `        ${page.name}) _arguments -s${end} \\\n${all} ;;\n`
}

function specs(option: NamedOption): string[] {
  const { name, short, value, help, repeats } = option
  const once = repeats ? '*' : ''
  const meaning = `[${help.replace(/[[\]:\\]/g, '\\$&')}]`
  const given =
    value === undefined ? '' : `:${value.replaceAll(':', '\\:')}:${action(valuesOf(option))}`
  const long = shellQuoted(`${once}--${name}${value === undefined ? '' : '='}${meaning}${given}`)
  return short ? [long, shellQuoted(`${once}-${short}${meaning}${given}`)] : [long]
}

function action(values: Values): string {
  if (values.kind === 'words') return `(${values.words.join(' ')})`
  if (values.kind === 'files') return '_files'
  return values.kind === 'directories' ? '_files -/' : ' '
}
