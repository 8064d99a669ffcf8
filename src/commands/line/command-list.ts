/** The program, as a user calls it. */
export const program = 'gunicorn-prometheus-exporter'

/** A command in the usage of the program. */
export interface CommandEntry {
  /** What follows the name. */
  readonly operands: string
  /** What the command does, as a part of a sentence. */
  readonly summary: string
}

/** The names of the commands. */
export type CommandName = 'run' | 'serve' | 'check' | 'ctl' | 'doctor' | 'top' | 'completion'

/** All commands, in the order of the usage. */
export const commandList: Readonly<Record<CommandName, CommandEntry>> = {
  run: {
    operands: '[options] FILE [arguments]',
    summary: 'runs a Node.js server in several workers, with metrics',
  },
  serve: {
    operands: '[options]',
    summary: 'serves metrics from Redis or from a shared directory (sidecar)',
  },
  check: {
    operands: '[options]',
    summary: 'prints every setting with its source, or every wrong setting',
  },
  ctl: {
    operands: '[options] [COMMAND]',
    summary: 'shows and steers the master of run, by its control socket',
  },
  doctor: {
    operands: '[options]',
    summary: 'looks at a running or failing set-up, and says what to do',
  },
  top: {
    operands: '[options] [URL]',
    summary: 'shows workers, routes and deaths in the terminal',
  },
  completion: {
    operands: 'bash|zsh|fish',
    summary: 'prints a script that completes commands and options in a shell',
  },
}

/** The text of `--help` without a command. */
export function usage(): string {
  const rows = [
    ...Object.entries(commandList).map(([name, each]) => [
      `${name} ${each.operands}`,
      each.summary,
    ]),
    ['help [COMMAND]', 'prints this text, or the help of a command'],
    ['--version', 'prints the version'],
    ['--help', 'prints this text; after a command, its options'],
  ]
  const width = Math.max(...rows.map(([form = '']) => form.length))
  const lines = rows.map(([form = '', summary = '']) => `  ${form.padEnd(width)}  ${summary}\n`)
  return `Usage: ${program} COMMAND\n\n${lines.join('')}`
}
