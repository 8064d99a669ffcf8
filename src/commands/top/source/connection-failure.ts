import { topLimits } from '../../../limits/tools/top.ts'
import { printableLine } from '../../../model/text/printable.ts'
import { tlsFailure } from '../../../model/text/tls-failure.ts'
import { errorCodeOf } from '../../../support/error-code.ts'
import { messageOf, withoutCodes } from '../../../support/error-message.ts'
import type { Target } from './target.ts'

/** Why a connection gave no answer: what failed, what was got, what to do. */
export function connectionFailure(error: unknown, target: Target): string {
  const last = error instanceof AggregateError ? error.errors.at(-1) : error
  const code = String(errorCodeOf(last) ?? '')
  const text = printableLine(withoutCodes(messageOf(last)))
  const facts: Facts = { ...target, code, text }
  const known = failures.find((each) => matches(each, facts))
  return (known ?? unknownFailure).sentence(facts)
}

interface Facts extends Target {
  /** The code of the error; empty without a code. */
  readonly code: string
  /** The message of the error. */
  readonly text: string
}

interface Failure {
  readonly codes: readonly string[]
  readonly pattern?: RegExp
  readonly isUnix?: boolean
  readonly sentence: (facts: Facts) => string
}

function matches({ codes, pattern, isUnix }: Failure, { code, text, socketPath }: Facts): boolean {
  if (isUnix !== undefined && isUnix !== (socketPath !== undefined)) return false
  return codes.includes(code) || (pattern?.test(text) ?? false)
}

const seconds = topLimits.responseMs / 1_000

const unknownFailure: Failure = {
  codes: [],
  sentence: ({ shown, text }) => `${shown} cannot be read: ${text}.`,
}

const failures: readonly Failure[] = [
  {
    codes: ['ECONNREFUSED'],
    isUnix: false,
    sentence: ({ shown }) =>
      `Nothing listens at ${shown} (ECONNREFUSED). Start the application with the exporter, ` +
      'or give the address of the exporter: top http://HOST:PORT.',
  },
  {
    codes: ['ECONNREFUSED'],
    isUnix: true,
    sentence: ({ shown }) =>
      `No process listens at ${shown} (ECONNREFUSED). The process of the socket has ended. ` +
      'Start the application again.',
  },
  {
    codes: ['ENOENT'],
    isUnix: true,
    sentence: ({ shown }) =>
      `There is no socket at ${shown} (ENOENT). Compare the path with ` +
      'PROMETHEUS_BIND_ADDRESS of the application.',
  },
  {
    codes: ['EACCES', 'EPERM'],
    isUnix: true,
    sentence: ({ shown, code }) =>
      `This user may not open ${shown} (${code}). Only the user of the application may: ` +
      'run top as this user.',
  },
  {
    codes: ['ENOTFOUND', 'EAI_AGAIN'],
    sentence: ({ host, code }) =>
      `The name ${host} has no address (${code}). Check the name, and the DNS of this host.`,
  },
  {
    codes: ['ETIMEDOUT', 'ABORT_ERR', 'UND_ERR_CONNECT_TIMEOUT'],
    pattern: /aborted due to timeout/,
    sentence: ({ shown }) =>
      `${shown} has not answered within ${seconds} s. Check the address, and firewalls on the way.`,
  },
  {
    codes: ['EHOSTUNREACH', 'ENETUNREACH'],
    sentence: ({ host, code }) => `No network leads to ${host} (${code}). Check the address.`,
  },
  {
    codes: [],
    pattern: tlsFailure.portWithoutTls,
    sentence: ({ shown }) =>
      `The port of ${shown} has no TLS. Give ${shown.replace('https:', 'http:')}.`,
  },
  {
    codes: [],
    pattern: tlsFailure.certificateRequired,
    sentence: ({ shown }) =>
      `${shown} asks for a client certificate. Give --cert-file and --key-file.`,
  },
  {
    codes: [],
    pattern: tlsFailure.certificateRefused,
    sentence: ({ shown }) =>
      `${shown} refuses the client certificate of --cert-file. ` +
      'Give a certificate that PROMETHEUS_SSL_CLIENT_CAFILE of the exporter accepts.',
  },
  {
    codes: ['CERT_HAS_EXPIRED'],
    sentence: ({ shown }) =>
      `The certificate of ${shown} has expired. Renew the certificate, or give --insecure.`,
  },
  {
    codes: ['ERR_TLS_CERT_ALTNAME_INVALID'],
    sentence: ({ shown, text }) =>
      `The certificate of ${shown} is for other names: ${text}. ` +
      'Give a URL with a name of the certificate, or give --insecure.',
  },
  {
    codes: [],
    pattern: tlsFailure.unknownAuthority,
    sentence: ({ shown, code }) =>
      `No known authority has signed the certificate of ${shown} (${code}). ` +
      'Give the certificate of the authority with --ca-file.',
  },
  {
    codes: [],
    pattern: /^Parse Error|^Invalid header|HPE_/,
    sentence: ({ shown, text }) =>
      `${shown} does not answer with HTTP: ${text}. ` +
      'The port may need https://, or belongs to another program.',
  },
  {
    codes: ['ECONNRESET', 'EPIPE'],
    pattern: /socket hang up|aborted/,
    sentence: ({ shown, protocol }) =>
      `${shown} closed the connection without an answer. ` +
      (protocol === 'http:'
        ? 'The port may need https://.'
        : 'The exporter may ask for a client certificate: --cert-file and --key-file.'),
  },
]
