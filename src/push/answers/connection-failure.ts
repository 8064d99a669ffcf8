import { redacted } from '../../log/redact.ts'
import { tlsFailure } from '../../model/text/tls-failure.ts'
import { withoutCodes } from '../../support/error-message.ts'

/** The reason without the codes of OpenSSL, and the variable that may help. */
export function connectionFailure(text: string, secrets: readonly string[]): string {
  const reason = redacted(withoutCodes(text), secrets)
  const hint = hints.find(({ pattern }) => pattern.test(text))?.text
  return hint === undefined ? reason : `${reason} (${hint})`
}

const hints = [
  {
    pattern: tlsFailure.portWithoutTls,
    text: 'the endpoint is https://; the port may have no TLS',
  },
  {
    pattern: tlsFailure.certificateRequired,
    text: 'the receiver asks for a certificate: OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
  },
  {
    pattern: tlsFailure.certificateRefused,
    text: 'the receiver refuses the certificate of OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
  },
  {
    pattern: tlsFailure.unknownAuthority,
    text: 'no known authority has signed the certificate: OTEL_EXPORTER_OTLP_CERTIFICATE',
  },
]
