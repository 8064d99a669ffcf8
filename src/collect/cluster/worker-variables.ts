import type { ChildProcess } from 'node:child_process'
import { isRecord } from '../../support/guards.ts'
import { apply, deleteProperty } from '../../support/intrinsics/apply.ts'
import { guardedChannel } from '../../support/observe-channel.ts'
import type { Stop } from '../../support/stop.ts'

export type Variables = Readonly<Record<string, string>>

/**
 * Adds variables to the environment of each cluster worker that this process forks from now on. The
 * environment of this process stays as it is.
 * @param variablesOf called before each fork.
 * @param onFault called for an error. The worker then starts without the variables.
 * @param onNoProcess called for a worker that the system did not start.
 */
export function addToWorkers(
  variablesOf: (forkNumber: number) => Variables,
  onFault: () => void,
  onNoProcess: (forkNumber: number) => void = () => {},
): Stop {
  const observe = guardedChannel(onFault)
  return observe('child_process', ({ process: child }: { process: ChildProcess }) => {
    const spawn: unknown = Reflect.get(child, 'spawn')
    if (typeof spawn !== 'function') return
    // Node publishes the process before it calls `spawn`, which takes the environment.
    Object.defineProperty(child, 'spawn', {
      configurable: true,
      value(options: unknown): unknown {
        deleteProperty(child, 'spawn')
        let forkNumber: number | undefined
        try {
          forkNumber = addVariables(options, variablesOf)
        } catch {
          onFault()
        }
        let result: unknown = noProcess
        try {
          result = apply(spawn, child, [options])
          return result
        } finally {
          if (forkNumber !== undefined && Number(result) < 0) onNoProcess(forkNumber)
        }
      },
    })
  })
}

/** `spawn` returns a negative number, or throws, where the system starts no process. */
const noProcess = -1

/** @returns the fork number; undefined for a process that is no cluster worker. */
function addVariables(
  options: unknown,
  variablesOf: (forkNumber: number) => Variables,
): number | undefined {
  if (!isRecord(options) || !Array.isArray(options['envPairs'])) return undefined
  const pairs: readonly string[] = options['envPairs']
  const forkNumber = forkNumberIn(pairs)
  if (forkNumber === undefined) return undefined
  const variables = variablesOf(forkNumber)
  // The first pair with a name counts: this process can have the variable from its own parent.
  const names = Object.keys(variables)
  const kept = pairs.filter((pair) => !names.some((name) => pair.startsWith(`${name}=`)))
  const added = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  options['envPairs'] = [...kept, ...added]
  return forkNumber
}

/** Node sets this variable for cluster workers, and removes it in the worker. */
const idVariable = 'NODE_UNIQUE_ID='

function forkNumberIn(pairs: readonly string[]): number | undefined {
  const pair = pairs.find((each) => each.startsWith(idVariable))
  return pair === undefined ? undefined : Number(pair.slice(idVariable.length))
}
