import { primaryCluster, primaryPid, workerCluster } from '../../collect/cluster/forks.ts'
import { environment } from '../../config/environment.ts'
import { untoldInCluster } from '../../config/resolve/told-messages.ts'
import { doctorHint } from '../../log/doctor-hint.ts'
import { log, readLogVariables } from '../../log/log.ts'
import type { CodedText } from '../../model/errors/coded-text.ts'

/** The messages that no other process of the cluster has logged. */
export function untold(messages: readonly CodedText[]): readonly CodedText[] {
  const isAlone = !workerCluster() && primaryCluster() === undefined
  return isAlone ? messages : claimed(messages)
}

/**
 * Warns the operator, once in a cluster. A process that does not fork yet can be a primary.
 * @param hint the end of the line. Default: `doctorHint`.
 */
export function tell(text: CodedText, hint: () => string = doctorHint): void {
  readLogVariables(environment())
  for (const message of claimed([text])) log.warn(`${message}${hint()}`)
}

function claimed(messages: readonly CodedText[]): readonly CodedText[] {
  return untoldInCluster(messages, primaryPid())
}
