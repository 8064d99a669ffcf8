import { type ChildProcess, spawn } from 'node:child_process'
import { environment } from '../config/environment.ts'
import { type Legacy, socketsVariable } from './listening-sockets.ts'

/**
 * Starts this program anew beside us, with our listening sockets. It lives on when we end.
 * @param variables what we put into our environment for the workers: it reads command line and file anew.
 */
export function startSuccessor(
  { descriptors, text }: Legacy,
  variables: readonly string[],
): ChildProcess {
  const inherited = Object.entries(environment()).filter(([name]) => !variables.includes(name))
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', ...descriptors],
    env: { ...Object.fromEntries(inherited), [socketsVariable]: text },
    // What ends our group, such as Ctrl-C, shall not end it: it has an operator of its own.
    detached: true,
  })
  child.unref()
  return child
}
