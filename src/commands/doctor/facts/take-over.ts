import { readlinkSync } from 'node:fs'
import { replaceVariables } from '../../../config/environment.ts'
import { failureOf } from '../../../files/failure-of.ts'
import { becomeUserOf } from './process-user.ts'
import type { ProcessView } from './process-view.ts'

/** Why the variables of a process do not count. Both texts are sentences. */
export interface Refusal {
  readonly found: string
  readonly remedy: string
}

/** Takes over variables, working directory and user of a process. */
export function takeOver(view: ProcessView): Refusal | undefined {
  const { environment: variables, directory, pid } = view
  if (!variables) {
    return refused('This user may not read the variables of the process.')
  }
  if (isElsewhere(pid)) {
    const found = 'The process is in a container: its network or its pids are of another namespace.'
    return { found, remedy: 'Run doctor in the container of the process.' }
  }
  const reason = becomeUserOf(view)
  if (reason !== undefined) return refused(reason)
  replaceVariables(variables)
  if (directory !== undefined) failureOf(() => process.chdir(directory))
  return undefined
}

function refused(found: string): Refusal {
  return { found, remedy: 'Run doctor as the user of the process, or as root.' }
}

/** Whether ports or pids of this command mean other things than those of the process. */
function isElsewhere(pid: number): boolean {
  return ['net', 'pid'].some((kind) => {
    const [own, other] = [namespaceOf('self', kind), namespaceOf(pid, kind)]
    return own !== undefined && other !== undefined && own !== other
  })
}

/** Undefined on other systems, and without rights. */
function namespaceOf(pid: number | 'self', kind: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`)
  } catch {
    return undefined
  }
}
