import { type ChildProcess, spawn } from 'node:child_process'
import { environment } from '../../config/environment.ts'
import { socketsVariable } from '../sockets/inherited-sockets.ts'
import type { Inheritance } from './inheritance.ts'

/**
 * Starts this program again, with the listening sockets. The new process outlives this process.
 * @param variables names of the environment variables with the settings of the workers. The
 * successor gets none of the variables, but reads the command line and the file again.
 */
export function startSuccessor(
  { descriptors, text, variables: offered }: Inheritance,
  variables: readonly string[],
): ChildProcess {
  const inherited = Object.entries(environment()).filter(([name]) => !variables.includes(name))
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', ...descriptors, 'ipc'],
    env: { ...Object.fromEntries(inherited), [socketsVariable]: text, ...offered },
    // Ctrl-C ends the process group of this master, and must not end the successor.
    detached: true,
  })
  child.unref()
  child.channel?.unref()
  return child
}
