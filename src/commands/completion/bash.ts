import { commandList, program } from '../line/command-list.ts'
import type { CommandPage } from '../line/command-page.ts'
import { endsAtOperand, operandsOf, type Values, valueFlags, valuesOf } from './values.ts'

/** The script for bash 4 or later. The script needs no other package. */
export function bashScript(pages: readonly CommandPage[]): string {
  const names = Object.keys(commandList)
  return `# bash completion of ${program}
_gunicorn_prometheus_exporter() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    ${words([...names, 'help', '--version', '--help'])}
    return
  fi
  # The character = is a word of its own.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  local index isValue=
  for ((index = 2; index < COMP_CWORD; index++)); do
    # The value of an option, in one word or in several words with = and : between them.
    if [[ \${COMP_WORDS[index]} == [=:] ]]; then isValue=1; continue; fi
    if [[ $isValue ]]; then isValue=; continue; fi
    case $command:\${COMP_WORDS[index]} in
${pages.filter(endsAtOperand).map(applicationCases).join('')}    esac
  done
  case $command:$previous in
${pages.map(valueCases).join('')}  esac
  case $command:$current in
${pages.map(optionCase).join('')}  esac
  case $command in
    help) ${words(names)} ;;
${pages.map(operandCase).join('')}  esac
}
complete -F _gunicorn_prometheus_exporter ${program}
`
}

/** Words after the operand belong to the application. */
function applicationCases(page: CommandPage): string {
  const flags = valueFlags(page).map((flag) => `${page.name}:${flag}`)
  const files = reply({ kind: 'files' })
  return `      ${flags.join('|')}) isValue=1 ;;
      ${page.name}:-*) ;;
      ${page.name}:*) ${files} return ;;
`
}

function valueCases({ name: command, options }: CommandPage): string {
  return Object.entries(options)
    .filter(([, { value }]) => value !== undefined)
    .map(([name, option]) => {
      const flags = [
        `${command}:--${name}`,
        ...(option.short ? [`${command}:-${option.short}`] : []),
      ]
      return `    ${flags.join('|')}) ${reply(valuesOf(option))} return ;;\n`
    })
    .join('')
}

function optionCase({ name, options }: CommandPage): string {
  const flags = Object.keys(options).map((each) => `--${each}`)
  return `    ${name}:-*) ${words(flags)}; return ;;\n`
}

function operandCase(page: CommandPage): string {
  const text = reply(operandsOf(page))
  return text === '' ? '' : `    ${page.name}) ${text} ;;\n`
}

function reply(values: Values): string {
  if (values.kind === 'words') return `${words(values.words)};`
  if (values.kind === 'unknown') return ''
  const action = values.kind === 'files' ? '-f' : '-d'
  return `compopt -o filenames; mapfile -t COMPREPLY < <(compgen ${action} -- "$current");`
}

function words(list: readonly string[]): string {
  return `mapfile -t COMPREPLY < <(compgen -W '${list.join(' ')}' -- "$current")`
}
