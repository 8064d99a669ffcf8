import { tlsFailure } from '../../model/text/tls-failure.ts'
import { messageOf, withoutCodes } from '../../support/error-message.ts'

/** Where a failure happened. */
export interface Place {
  /** `host:port`, and which server named the address. */
  readonly label: string
  readonly hasTls: boolean
  /** Whether the server has replied on this connection. Changes with the first reply. */
  hasReplied: boolean
}

/** The text of ioredis for each command of a closed connection. */
export const closed = 'Connection is closed.'

/** One line: where, what the server or the system said, and what may help. */
export function failureText(place: Place, error: unknown): string {
  const { label, hasTls } = place
  const reason = reasonOf(error)
  const hint = hints.find((each) => each.pattern.test(reason) && (each.hasTls ?? hasTls) === hasTls)
  const text = hint ? hintedText(reason, hint, place) : reason
  return reason.includes(label) ? text : `${label}: ${text}`
}

function hintedText(reason: string, hint: Hint, { hasReplied }: Place): string {
  const told = hint.reason ?? reason
  return hint.isOfStart && hasReplied ? told : `${told} (${hint.text})`
}

/** An attempt on several addresses has one error for each, and no text of its own. */
function reasonOf(error: unknown): string {
  const isUntold = error instanceof AggregateError && error.message === ''
  const text = withoutCodes(messageOf(isUntold ? error.errors.at(-1) : error))
  // Redis quotes the arguments of an unknown command.
  return text.replace(/, with args beginning with:.*$/s, '')
}

interface Hint {
  readonly pattern: RegExp
  /** Undefined = with TLS and without. */
  readonly hasTls?: boolean
  /** Whether the text is wrong for a connection on which the server has replied. */
  readonly isOfStart?: true
  /** Replaces a reason that says too little. */
  readonly reason?: string
  readonly text: string
}

const closing = /^Connection is closed\.$|ECONNRESET|EPIPE/

const hints: readonly Hint[] = [
  { pattern: /^connect ETIMEDOUT$/, hasTls: true, text: 'TLS is on; the port may have no TLS' },
  {
    pattern: tlsFailure.portWithoutTls,
    text: 'TLS is on; the port may have no TLS',
  },
  {
    pattern: closing,
    hasTls: false,
    isOfStart: true,
    reason: 'the server closed the connection',
    text: 'TLS is off; the port may need TLS',
  },
  {
    pattern: closing,
    hasTls: true,
    isOfStart: true,
    reason: 'the server closed the connection',
    text: 'the server may ask for a client certificate',
  },
  {
    pattern: tlsFailure.certificateRequired,
    text: 'the server asks for a client certificate',
  },
  {
    pattern: tlsFailure.certificateRefused,
    text: 'the server refuses the client certificate',
  },
  {
    pattern: tlsFailure.unknownAuthority,
    text: 'no known authority has signed the certificate of the server',
  },
  { pattern: /^NOAUTH /, text: 'no password is given' },
  { pattern: /^MOVED /, text: 'the server is a node of a Redis Cluster' },
  { pattern: /cluster support disabled/, text: 'the server is no node of a Redis Cluster' },
  { pattern: /unknown command .?SENTINEL/i, text: 'the server is no Sentinel' },
  { pattern: /unknown command .?SET\b/i, text: 'the server may be a Sentinel' },
  { pattern: /^READONLY /, text: 'the server is not the master' },
]
