import type { Cluster } from 'node:cluster'
import { processLimits } from '../../limits/master.ts'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { hostWithPort } from '../../model/address.ts'

/** The address of a worker's server, as `cluster` tells the address. */
interface ListeningAddress {
  readonly address?: string | null
  readonly port?: number
  /** -1: a unix socket or a named pipe. */
  readonly addressType: number | string
}

/**
 * Logs each address of the application once: when the first worker listens there.
 * @param isEnding whether the master has asked a worker to end: such a worker gets no connection.
 */
export function logAddresses(
  cluster: Cluster,
  log: Pick<GunicornLog, 'write'>,
  isEnding: (forkNumber: number) => boolean,
): void {
  const told = new Set<string>()
  cluster.on('listening', ({ id }, address: ListeningAddress) => {
    const text = addressText(address)
    if (isEnding(id) || told.has(text) || told.size >= processLimits.addresses) return
    told.add(text)
    log.write('info', `Listening at: ${text}`)
  })
}

function addressText({ address, port = 0, addressType }: ListeningAddress): string {
  // Linux's names without a file follow a zero byte, and usually appear with an `@`.
  if (addressType === -1) return `unix:${(address ?? '').replace(/^.*\0/, '@')}`
  const text = hostWithPort(address ?? '*', port)
  return typeof addressType === 'string' ? `${addressType} ${text}` : text
}
