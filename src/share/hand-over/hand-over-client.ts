import { connect, type Socket } from 'node:net'
import { shareLimits } from '../../limits/share.ts'
import { firstLine } from '../../relay/first-line.ts'
import type { LocalAddress } from '../../relay/local-server.ts'
import { backoffMs } from '../../support/backoff.ts'
import { type Clock, nodeClock } from '../../support/clock.ts'
import { helloLine, isWelcome } from './greeting.ts'

export interface HandOverClientOptions extends LocalAddress {
  /** Called once, with a connection to a process that knows the token. */
  readonly onReached: (socket: Socket) => void
  /** Called once, when each attempt has failed. */
  readonly onUnreached: () => void
  /** Called for each attempt that fails. */
  readonly onFault: () => void
  /** Whether the old master can still answer. */
  readonly isWanted: () => boolean
  /** Default: the clock of Node. */
  readonly clock?: Pick<Clock, 'after'>
}

const backoff = {
  firstMs: shareLimits.handOverPauseMs,
  lastMs: shareLimits.longestHandOverPauseMs,
}

/**
 * Connects a successor to its old master. Another local user can make the old master close a
 * connection before the first line arrives, so that one attempt is not enough.
 */
export function reachPredecessor(options: HandOverClientOptions, attempt = 1): void {
  const { onReached, onUnreached, onFault, isWanted, clock = nodeClock } = options
  greet(options).then(onReached, () => {
    onFault()
    if (attempt >= shareLimits.handOverAttempts || !isWanted()) onUnreached()
    else clock.after(backoffMs(attempt, backoff), () => reachPredecessor(options, attempt + 1))
  })
}

/** @throws where the other side does not know the token, or does not answer in time. */
async function greet({ port, token }: LocalAddress): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  const cancel = nodeClock.after(shareLimits.lastHandOverMs, () => socket.destroy())
  try {
    socket.on('error', () => {})
    const hello = helloLine(token)
    socket.write(hello)
    const line = await firstLine(socket, shareLimits.handOverLineBytes)
    if (!isWelcome(token, line, hello)) throw new Error('Invalid first line of the old master.')
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    cancel()
  }
}
