import { parseArgs } from 'node:util'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { version } from '../../model/version.ts'
import { type CommandOptions, parserOptions, readOptions } from '../line/command-options.ts'
import { type CommandPage, helpText } from '../line/command-page.ts'

/** The result of reading the command line of `ctl`. */
export type CtlRequest =
  | {
      readonly kind: 'ctl'
      /** Undefined: the default place. */
      readonly socket: string | undefined
      /** One command; undefined: commands from the terminal or from stdin. */
      readonly command: string | undefined
      readonly isJson: boolean
    }
  | { readonly kind: 'print'; readonly text: string }
  | { readonly kind: 'misuse'; readonly faults: readonly CodedText[]; readonly help: string }

/** The options of gunicornc. */
const ctlOptions: CommandOptions = {
  socket: {
    short: 's',
    value: 'PATH',
    help: 'control socket',
    fallback: '$XDG_RUNTIME_DIR/gunicorn.ctl, or ~/.gunicorn/gunicorn.ctl',
  },
  command: { short: 'c', value: 'COMMAND', help: 'one command, as gunicornc takes the command' },
  json: { short: 'j', help: 'print the data of the answer as JSON' },
  version: { short: 'v', help: 'print the version and exit' },
  help: { short: 'h', help: 'print this text' },
}

/** Reads the arguments after `ctl`. Words without dashes are a command. */
export function parseCtl(argv: readonly string[]): CtlRequest {
  const { own, words } = split(argv)
  const faults: CodedText[] = []
  const values = readOptions({ argv: own, options: ctlOptions, command: 'ctl' }, faults)
  if (values['version'] === '') return { kind: 'print', text: `${version}\n` }
  if (values['help'] === '') return { kind: 'print', text: ctlHelp() }
  const given = values['command']
  if (given !== undefined && words.length > 0) {
    faults.push(coded('GPE_OPTION_VALUE', twoCommands))
  }
  if (faults.length > 0) return { kind: 'misuse', faults, help: ctlHelp() }
  return {
    kind: 'ctl',
    socket: values['socket'],
    command: given ?? (words.length > 0 ? words.join(' ') : undefined),
    isJson: values['json'] !== undefined,
  }
}

function split(argv: readonly string[]): { own: string[]; words: string[] } {
  const { tokens } = parseArgs({
    args: [...argv],
    options: parserOptions(ctlOptions),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token] : []))
  const places = new Set(words.map(({ index }) => index))
  return {
    own: argv.filter((_, index) => !places.has(index)),
    words: words.map(({ value }) => value),
  }
}

/** The help of `ctl`. */
export const ctlPage: CommandPage = {
  name: 'ctl',
  text:
    'Sends a command to the master of run, for example: ctl show workers. Without a command, ' +
    'asks for commands, with history and completion by TAB. The command help lists all commands. ' +
    'docs/control.md explains the commands.',
  options: ctlOptions,
  exitCodes: {
    0: 'the master has followed the command',
    1: 'there is no master, the master refuses the command, or the output cannot be written',
    2: 'an option is wrong',
  },
}

function ctlHelp(): string {
  return helpText(ctlPage)
}

const twoCommands = '--command and further words are two commands; allowed is one.'
