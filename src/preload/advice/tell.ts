import { primaryCluster, primaryPid, workerCluster } from '../../collect/cluster/forks.ts'
import { environment } from '../../config/environment.ts'
import { untoldInCluster } from '../../config/resolve/told-messages.ts'
import { doctorHint } from '../../log/doctor-hint.ts'
import { log, readLogVariables } from '../../log/log.ts'

/** The messages that no other process of the cluster has logged. */
export function untold(messages: readonly string[]): readonly string[] {
  const isAlone = !workerCluster() && primaryCluster() === undefined
  return isAlone ? messages : claimed(messages)
}

/**
 * Warns the operator, once in a cluster. A process that does not fork yet can be a primary.
 * @param hint the end of the line. Default: `doctorHint`.
 */
export function tell(text: string, hint: () => string = doctorHint): void {
  readLogVariables(environment())
  for (const message of claimed([text])) log.warn(`${message}.${hint()}`)
}

function claimed(messages: readonly string[]): readonly string[] {
  return untoldInCluster(messages, primaryPid())
}
