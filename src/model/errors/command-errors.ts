import type { ErrorDeclaration } from './declaration.ts'

export type CommandErrorCode =
  | 'GPE_COMMAND_MISSING'
  | 'GPE_COMMAND_UNKNOWN'
  | 'GPE_OPTION_UNKNOWN'
  | 'GPE_OPTION_VALUE'
  | 'GPE_OPTION_FILE'
  | 'GPE_NO_APPLICATION'
  | 'GPE_NOTHING_TO_SERVE'
  | 'GPE_START_FAILED'
  | 'GPE_OUTPUT_FAILED'
  | 'GPE_TOP_NO_FIGURES'
  | 'GPE_TOP_INSECURE'
  | 'GPE_ACCOUNT'
  | 'GPE_PID_FILE'

/** Codes of the command line. */
export const commandErrors: Readonly<Record<CommandErrorCode, ErrorDeclaration>> = {
  GPE_COMMAND_MISSING: {
    level: 'error',
    meaning: 'The command line has no command.',
    remedy: 'Give one of the commands that the usage lists.',
    page: 'cli.md',
  },
  GPE_COMMAND_UNKNOWN: {
    level: 'error',
    meaning: 'The command line has a command that does not exist.',
    remedy: 'Correct the name. The line has the nearest command.',
    page: 'cli.md',
  },
  GPE_OPTION_UNKNOWN: {
    level: 'error',
    meaning: 'An option or an argument is not known to the command.',
    remedy: 'Correct the name. `--help` after the command lists the options.',
    page: 'cli.md',
  },
  GPE_OPTION_VALUE: {
    level: 'error',
    meaning: 'An option has a value that is not allowed, or lacks a value.',
    remedy: 'Give a value of the allowed form, which the line names.',
    page: 'cli.md',
  },
  GPE_OPTION_FILE: {
    level: 'error',
    meaning: 'An option names a file or directory that cannot be used.',
    remedy: 'Name a file that this user can read.',
    page: 'cli.md',
  },
  GPE_NO_APPLICATION: {
    level: 'error',
    meaning: 'The file of the application is missing on the command line, or does not exist.',
    remedy: 'Give the path of the application after the options of `run`.',
    page: 'run.md',
  },
  GPE_NOTHING_TO_SERVE: {
    level: 'error',
    meaning: '`serve` has neither Redis nor a directory to read.',
    remedy: 'Set Redis, a shared directory, or both.',
    page: 'sidecar.md',
  },
  GPE_START_FAILED: {
    level: 'error',
    meaning: 'A command cannot start, for a reason that the line names.',
    remedy: 'Remove the cause, such as a missing permission.',
    page: 'troubleshooting.md',
  },
  GPE_OUTPUT_FAILED: {
    level: 'error',
    meaning: 'The output of a command cannot be written: the disk is full, for example.',
    remedy: 'Write the output to a place with room.',
    page: 'cli.md',
  },
  GPE_TOP_NO_FIGURES: {
    level: 'error',
    meaning: '`top` got no figures from the exporter.',
    remedy: 'Follow the line: start the exporter, or correct the address or the credentials.',
    page: 'top.md',
  },
  GPE_TOP_INSECURE: {
    level: 'warning',
    meaning: '`top` accepts every certificate.',
    remedy: 'Give the authority by `--ca-file`, and leave `--insecure` out.',
    page: 'top.md',
  },
  GPE_ACCOUNT: {
    level: 'error',
    meaning: 'The user or group of the workers does not exist, or only root may change to it.',
    remedy: 'Name an account of this host, and start `run` as root.',
    page: 'run.md#user-group-and-umask',
  },
  GPE_PID_FILE: {
    level: 'error',
    meaning: 'The pid file cannot be written, or names a living process.',
    remedy: 'End the other master, or name another file.',
    page: 'run.md#the-pid-file',
  },
}
