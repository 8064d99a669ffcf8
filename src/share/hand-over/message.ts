import { shareLimits } from '../../limits/share.ts'
import { isIntegerBetween, isRecord } from '../../support/guards.ts'
import { isToken } from './offer.ts'

/**
 * Everything that two masters of an upgrade send each other. The body of a state follows the line
 * of its message, in the format of `peer-state.ts`. Change a message only together with `version`.
 */
export type HandOverMessage =
  /** The first message of the successor. */
  { readonly kind: 'hello'; readonly version: 1; readonly token: string } | StateMessage

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
export function encodeMessage(message: HandOverMessage): string {
  return `${JSON.stringify(message)}\n`
}

/** Returns undefined for any other text. */
export function parseMessage(text: string): HandOverMessage | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (!isRecord(value)) return undefined
    return value['kind'] === 'hello' ? parseHello(value) : parseState(value)
  } catch {
    return undefined
  }
}

function parseHello({ version, token }: Record<string, unknown>): HandOverMessage | undefined {
  return version === 1 && isToken(token) ? { kind: 'hello', version, token } : undefined
}

function parseState(value: Record<string, unknown>): HandOverMessage | undefined {
  const { kind, bytes, isReady, hasReleased } = value
  if (kind !== 'state' || !isIntegerBetween(bytes, 0, shareLimits.peerStateBytes)) return undefined
  if (typeof isReady !== 'boolean' || typeof hasReleased !== 'boolean') return undefined
  return { kind, bytes, isReady, hasReleased }
}
