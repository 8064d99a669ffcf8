import { constants, X509Certificate } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import { filesIn } from '../files/small-file.ts'

/** Files in PEM format. The chain may follow the server's certificate. */
export interface TlsFiles {
  readonly certfile: string
  readonly keyfile: string
  /** Certificate authorities of clients. */
  readonly clientCafile: string | undefined
  /** A directory with certificate authorities of clients. */
  readonly clientCapath: string | undefined
  readonly clientAuthRequired: boolean
}

export interface Credentials {
  readonly context: SecureContextOptions
  /** End of the certificate, Unix milliseconds. */
  readonly expiresAt: number
}

export interface TlsServerSettings {
  readonly files: TlsFiles
  /** Probes need no certificate, so that the handshake cannot require one. */
  readonly probesOpen: boolean
  readonly handshakeMs: number
}

/** Options of a new server. The credentials follow later, and can change. */
export function tlsServerOptions(settings: TlsServerSettings): ServerOptions {
  const { files, probesOpen, handshakeMs } = settings
  return {
    requestCert: needsAuthority(files),
    rejectUnauthorized: files.clientAuthRequired && !probesOpen,
    handshakeTimeout: handshakeMs,
  }
}

/** Paths of the credentials' files, in the order of the texts for `credentialsOf`. */
export function tlsPaths({ certfile, keyfile, clientCafile, clientCapath }: TlsFiles): string[] {
  const authorities = clientCafile === undefined ? [] : [clientCafile]
  const directory = clientCapath === undefined ? [] : filesIn(clientCapath)
  return [certfile, keyfile, ...authorities, ...directory]
}

/** @throws when certificate and key do not match, or when no authority of clients is given. */
export function credentialsOf(files: TlsFiles, texts: readonly string[]): Credentials {
  const [cert = '', key = '', ...authorities] = texts
  const context: SecureContextOptions = {
    cert,
    key,
    minVersion: 'TLSv1.2',
    // A session ticket would admit a client for minutes after a change of the authority.
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
  if (needsAuthority(files)) {
    const ca = [...new Set(authorities.flatMap(certificatesIn))]
    // An empty list makes Node trust all public authorities.
    if (ca.length === 0)
      throw new Error('No file contains a certificate authority for client certificates.')
    context.ca = ca
  }
  createSecureContext(context)
  return { context, expiresAt: Date.parse(new X509Certificate(cert).validTo) }
}

/** Whether the connection has the required client certificate. */
export function isCertified(socket: unknown, files: TlsFiles): boolean {
  if (!(socket instanceof TLSSocket) || socket.authorized) return true
  return !files.clientAuthRequired && Object.keys(socket.getPeerCertificate()).length === 0
}

function needsAuthority(files: TlsFiles): boolean {
  const { clientCafile, clientCapath, clientAuthRequired } = files
  return clientCafile !== undefined || clientCapath !== undefined || clientAuthRequired
}

/** The certificates in a text. @throws for an invalid certificate. */
function certificatesIn(text: string): string[] {
  const certificates =
    text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  return certificates.map((certificate) => new X509Certificate(certificate).toString())
}
