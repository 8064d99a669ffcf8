import type { CommandName } from '../../../config/resolve/idle-settings.ts'
import { topics } from '../../../config/table/setting.ts'
import { commonOptions } from '../../line/command-line.ts'
import type { OptionValues } from '../../line/command-options.ts'
import { readOptions, settingOptions } from '../../line/command-options.ts'
import { isOwnProgram, type ProcessView } from './process-view.ts'

/** The command of this package that a process runs. */
export interface CommandOfProcess {
  /** Undefined for another program. */
  readonly name: CommandName | undefined
  /** Settings of the command line. */
  readonly flags: OptionValues
}

/** Reads the command line of a process. Arguments of the application are left out. */
export function commandOfProcess(view: ProcessView | undefined): CommandOfProcess {
  const at = view?.command.findIndex(isOwnProgram) ?? -1
  const [name, ...args] = at < 0 ? [] : (view?.command.slice(at + 1) ?? [])
  if (name !== 'run' && name !== 'serve') return { name: undefined, flags: {} }
  return { name, flags: flagsOf(args) }
}

const options = { ...settingOptions(topics), ...commonOptions }

/** Faults are left out: the process would not run with a wrong command line. */
function flagsOf(args: readonly string[]): OptionValues {
  const end = args.findIndex((each, index) => !each.startsWith('-') && !isValue(args[index - 1]))
  const own = end < 0 ? args : args.slice(0, end)
  return readOptions({ argv: own, options, command: 'run' }, [])
}

/** Whether the argument before takes the next argument as its value. */
function isValue(before: string | undefined): boolean {
  const name = /^--?([\w-]+)$/.exec(before ?? '')?.[1] ?? ''
  const found = Object.entries(options).find(([long, { short }]) => name === long || name === short)
  return found?.[1].value !== undefined
}
