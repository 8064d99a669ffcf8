import { shareLimits } from '../../limits/share.ts'
import { isIntegerBetween, isRecord } from '../../support/guards.ts'

/*
 * Everything that two masters of an upgrade send each other, after the lines of `greeting.ts`. The
 * body of a state follows the line of its message, in the format of `peer-state.ts`. Change a
 * message only together with the version of the offer.
 */

export interface StateMessage {
  readonly kind: 'state'
  /** Length of the body, bytes. */
  readonly bytes: number
  /** Whether a worker of the sender serves. */
  readonly isReady: boolean
  /** Whether the sender has closed its endpoint, so that the receiver has to listen. */
  readonly hasReleased: boolean
}

/** The message as a line, with its newline. */
export function encodeMessage(message: StateMessage): string {
  return `${JSON.stringify(message)}\n`
}

/** Returns undefined for any other text. */
export function parseMessage(text: string): StateMessage | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? parseState(value) : undefined
  } catch {
    return undefined
  }
}

function parseState(value: Record<string, unknown>): StateMessage | undefined {
  const { kind, bytes, isReady, hasReleased } = value
  if (kind !== 'state' || !isIntegerBetween(bytes, 0, shareLimits.peerStateBytes)) return undefined
  if (typeof isReady !== 'boolean' || typeof hasReleased !== 'boolean') return undefined
  return { kind, bytes, isReady, hasReleased }
}
