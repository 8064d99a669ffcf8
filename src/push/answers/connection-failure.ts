import { redacted } from '../../log/redact.ts'
import { withoutCodes } from '../../support/error-message.ts'

/** The reason without the codes of OpenSSL, and the variable that may help. */
export function connectionFailure(text: string, secrets: readonly string[]): string {
  const reason = redacted(withoutCodes(text), secrets)
  const hint = hints.find(({ pattern }) => pattern.test(text))?.text
  return hint === undefined ? reason : `${reason} (${hint})`
}

const hints = [
  {
    pattern: /wrong version number|packet length too long|before secure TLS connection/,
    text: 'the endpoint is https://; the port may have no TLS',
  },
  {
    pattern: /alert certificate required|alert handshake failure/,
    text: 'the receiver asks for a certificate: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
  },
  {
    pattern: /alert (?:unknown ca|bad certificate|certificate unknown)/,
    text: 'the receiver refuses the certificate of OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
  },
  {
    pattern: /self[- ]signed certificate|unable to (?:get|verify)/,
    text: 'no known authority has signed the certificate: OTEL_EXPORTER_OTLP_CERTIFICATE',
  },
]
