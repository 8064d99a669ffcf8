import { constants, X509Certificate } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import { filesIn } from '../files/small-file.ts'
import { endpointLimits } from '../limits/endpoint.ts'

/** Files in PEM. The certificate's file may go on with the chain; the CAs' are those of clients. */
export interface TlsFiles {
  readonly certfile: string
  readonly keyfile: string
  readonly clientCafile: string | undefined
  /** A directory. */
  readonly clientCapath: string | undefined
  readonly clientAuthRequired: boolean
}

export interface Credentials {
  readonly context: SecureContextOptions
  /** When the certificate ends, Unix milliseconds. */
  readonly expiresAt: number
}

/**
 * What a server is made with, once; its credentials come later.
 * @param probesOpen probes are answered without a certificate, so that the handshake cannot insist on one.
 */
export function tlsServerOptions(files: TlsFiles, probesOpen: boolean): ServerOptions {
  return {
    requestCert: wantsAuthority(files),
    rejectUnauthorized: files.clientAuthRequired && !probesOpen,
    handshakeTimeout: endpointLimits.endpointHandshakeMs,
  }
}

/** The files that the credentials are made of, in the order in which `credentialsOf` takes their texts. */
export function tlsPaths({ certfile, keyfile, clientCafile, clientCapath }: TlsFiles): string[] {
  const authorities = clientCafile === undefined ? [] : [clientCafile]
  const directory = clientCapath === undefined ? [] : filesIn(clientCapath)
  return [certfile, keyfile, ...authorities, ...directory]
}

/** @throws where certificate and key are no pair, or nobody could issue the clients' certificates. */
export function credentialsOf(files: TlsFiles, texts: readonly string[]): Credentials {
  const [cert = '', key = '', ...authorities] = texts
  const context: SecureContextOptions = {
    cert,
    key,
    minVersion: 'TLSv1.2',
    // With tickets, a client could come back for minutes on a certificate whose authority was replaced.
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
  if (wantsAuthority(files)) {
    const ca = [...new Set(authorities.flatMap(certificatesIn))]
    // Node would take its own list of public authorities: anybody's certificate would do.
    if (ca.length === 0)
      throw new Error('There is no authority that issues certificates of clients.')
    context.ca = ca
  }
  createSecureContext(context)
  return { context, expiresAt: Date.parse(new X509Certificate(cert).validTo) }
}

/** Whether this request's connection has the client certificate it needs, as far as the handshake did not see to it. */
export function isCertified(socket: unknown, files: TlsFiles): boolean {
  if (!(socket instanceof TLSSocket) || socket.authorized) return true
  return !files.clientAuthRequired && Object.keys(socket.getPeerCertificate()).length === 0
}

function wantsAuthority(files: TlsFiles): boolean {
  const { clientCafile, clientCapath, clientAuthRequired } = files
  return clientCafile !== undefined || clientCapath !== undefined || clientAuthRequired
}

/** The certificates of a text, each one checked. @throws for one that is none. */
function certificatesIn(text: string): string[] {
  const certificates =
    text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  return certificates.map((certificate) => new X509Certificate(certificate).toString())
}
