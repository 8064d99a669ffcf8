import { type ChildProcess, spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { environment } from '../../config/environment.ts'
import { messageOf } from '../../support/error-message.ts'
import type { Invocation } from '../process/invocation.ts'
import { socketsVariable } from '../sockets/inherited-sockets.ts'
import type { Inheritance } from './inheritance.ts'

export interface SuccessorProgram {
  readonly invocation: Pick<Invocation, 'start' | 'argumentsOf' | 'existing'>
  /**
   * Variables that the successor does not get: the successor reads the command line and the files
   * again.
   */
  readonly variableNames: readonly string[]
}

/** Why a successor cannot start in its directory; undefined where it can. */
export function directoryFault({ invocation: { start } }: SuccessorProgram): string | undefined {
  try {
    return statSync(start).isDirectory() ? undefined : `${start} is not a directory`
  } catch (error) {
    return `the working directory: ${messageOf(error)}`
  }
}

/**
 * Starts this program again, with the listening sockets. The new process outlives this process. The
 * directory and the paths can lead to another release than for this process.
 */
export function startSuccessor(
  { descriptors, text, variables: offered }: Inheritance,
  { invocation, variableNames }: SuccessorProgram,
): ChildProcess {
  const inherited = Object.entries(environment()).filter(([name]) => !variableNames.includes(name))
  const args = [...process.execArgv, ...invocation.argumentsOf(process.argv.slice(1))]
  const child = spawn(invocation.existing(process.execPath), args, {
    cwd: invocation.start,
    stdio: ['inherit', 'inherit', 'inherit', ...descriptors, 'ipc'],
    env: {
      ...Object.fromEntries(inherited),
      PWD: invocation.start,
      [socketsVariable]: text,
      ...offered,
    },
    // Ctrl-C ends the process group of this master, and must not end the successor.
    detached: true,
  })
  child.unref()
  child.channel?.unref()
  return child
}
