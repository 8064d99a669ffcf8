import { Invocation } from '../../../src/master/process/invocation.ts'
import type { SuccessorProgram } from '../../../src/master/upgrade/successor.ts'
import { NamedPaths } from '../../../src/support/process/named-paths.ts'

/** Starts the program of the command line in the working directory. */
export function successorProgram(variableNames: readonly string[] = []): SuccessorProgram {
  const start = process.cwd()
  const names = new NamedPaths([])
  const ownDirectory = import.meta.dirname
  const invocation = new Invocation({ start, directory: start, app: 'app', names, ownDirectory })
  return { invocation, variableNames }
}
