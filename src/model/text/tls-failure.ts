type Cause = 'portWithoutTls' | 'certificateRequired' | 'certificateRefused' | 'unknownAuthority'

/** Texts of OpenSSL and Node.js, by the cause of a failure of TLS. */
export const tlsFailure: Readonly<Record<Cause, RegExp>> = {
  portWithoutTls: /wrong version number|packet length too long|before secure TLS connection/,
  certificateRequired: /alert certificate required|alert handshake failure/,
  certificateRefused: /alert (?:unknown ca|bad certificate|certificate unknown)/,
  unknownAuthority: /self[- ]signed certificate|unable to (?:get|verify)/,
}
