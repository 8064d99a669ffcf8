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
 */
export function addToWorkers(variablesOf: () => Variables, onFault: () => void): Stop {
  const observe = guardedChannel(onFault)
  return observe('child_process', ({ process: child }: { process: ChildProcess }) => {
    const spawn: unknown = Reflect.get(child, 'spawn')
    if (typeof spawn !== 'function') return
    // Node publishes the process before it calls `spawn`, which takes the environment.
    Object.defineProperty(child, 'spawn', {
      configurable: true,
      value(options: unknown): unknown {
        deleteProperty(child, 'spawn')
        try {
          addVariables(options, variablesOf)
        } catch {
          onFault()
        }
        return apply(spawn, child, [options])
      },
    })
  })
}

function addVariables(options: unknown, variablesOf: () => Variables): void {
  if (!isRecord(options) || !Array.isArray(options['envPairs'])) return
  const pairs: readonly string[] = options['envPairs']
  if (!pairs.some(isOfWorker)) return
  const variables = variablesOf()
  // The first pair with a name counts: this process can have the variable from its own parent.
  const names = Object.keys(variables)
  const kept = pairs.filter((pair) => !names.some((name) => pair.startsWith(`${name}=`)))
  const added = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  options['envPairs'] = [...kept, ...added]
}

/** Node sets this variable for cluster workers, and removes it in the worker. */
function isOfWorker(pair: string): boolean {
  return pair.startsWith('NODE_UNIQUE_ID=')
}
