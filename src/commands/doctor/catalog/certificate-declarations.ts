import type { Declaration } from './declaration.ts'

const certificate = { check: 'certificate', page: 'endpoint.md#tls' } as const

export type CertificateFindingId =
  | 'certificate-expired'
  | 'certificate-expires'
  | 'certificate-not-yet-valid'
  | 'certificate-key'
  | 'certificate-unreadable'
  | 'certificate-name'
  | 'certificate-replaced'
  | 'key-exposed'

/** Findings about the certificate of the endpoint. */
export const certificateDeclarations: Readonly<Record<CertificateFindingId, Declaration>> = {
  'certificate-expired': {
    ...certificate,
    level: 'problem',
    meaning: 'The certificate of the endpoint has expired.',
    remedy: 'Renew the certificate. The exporter reads a changed file by itself.',
  },
  'certificate-expires': {
    ...certificate,
    level: 'warning',
    meaning: 'The certificate expires within 14 days.',
    remedy: 'Renew the certificate. The exporter reads a changed file by itself.',
  },
  'certificate-not-yet-valid': {
    ...certificate,
    level: 'problem',
    meaning: 'The certificate is not valid yet, or the clock of this host is wrong.',
    remedy: 'Compare the clock with `date -u`, or issue the certificate again.',
  },
  'certificate-key': {
    ...certificate,
    level: 'problem',
    meaning: 'Certificate and key cannot be used together.',
    remedy: 'Let {certificate} and {key} name the two files of one certificate.',
  },
  'certificate-unreadable': {
    ...certificate,
    level: 'problem',
    meaning: 'The file of the certificate or of the key cannot be read.',
    remedy: 'Let the user of the application read the file of {setting}.',
  },
  'certificate-name': {
    ...certificate,
    level: 'warning',
    meaning: 'The certificate is for other names than the host of the URL.',
    remedy: 'Scrape by a name of the certificate, or issue a certificate for {host}.',
  },
  'certificate-replaced': {
    ...certificate,
    level: 'warning',
    meaning: 'The endpoint shows another certificate than the file has.',
    remedy: 'Read stderr: while new files are invalid, the old files stay in use.',
  },
  'key-exposed': {
    ...certificate,
    level: 'warning',
    meaning: 'Every user of this host can read the private key.',
    remedy: 'Run `chmod o-rwx {path}`.',
  },
}
