import type { Server } from 'node:net'
import type { Access } from './access.ts'
import type { TlsFiles } from './tls.ts'

/**
 * Whether `/status` shows details: messages and stacks of errors, stacks of blocked workers, and
 * paths of files. The second form is the text of the field `details`.
 */
export type Details = 'shown' | `hidden: ${string}`

export interface DetailsOptions {
  readonly server: Pick<Server, 'address'>
  readonly tls: Pick<TlsFiles, 'clientAuthRequired'> | undefined
  readonly access: Pick<Access, 'basic' | 'bearer'>
}

/**
 * Shows details to clients with credentials, and to clients on this host. An error's message can
 * contain a user's data. By default, the endpoint answers every client on the network.
 * @param host the header `Host`. A foreign name hides the details, as in `trustsHost`.
 */
export function detailsOf(options: DetailsOptions, host?: string): Details {
  if (asksForSecret(options)) return 'shown'
  if (!isLocal(options.server.address())) return openToNetwork
  return trustsHost(options, host) ? 'shown' : foreignName
}

/**
 * Whether a browser may read the live page under this name. The DNS of a foreign name can point to
 * the loopback interface: then a page under that name could read what only this host may see.
 * @param host the header `Host`.
 */
export function trustsHost({ server, tls, access }: DetailsOptions, host = ''): boolean {
  const bound = server.address()
  if (asksForSecret({ tls, access }) || bound === null || typeof bound === 'string') return true
  return !isLocal(bound) || host === '' || localName.test(host)
}

/** An IP address or localhost, with or without a port. */
const localName =
  /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]|(?:[a-z\d-]+\.)*localhost\.?)(?::\d+)?$/i

function asksForSecret({ tls, access }: Pick<DetailsOptions, 'tls' | 'access'>): boolean {
  const needsSecret = access.basic !== undefined || access.bearer !== undefined
  return needsSecret || tls?.clientAuthRequired === true
}

/** A text of an error without paths of files, unless the client may see details. */
export function textFor(details: Details, text: string): string {
  if (details === 'shown') return text
  return text.replace(quotedPath, '(path hidden)').replace(path, '$1(path hidden)')
}

/** Errors of Node quote paths, which can contain spaces. */
const quotedPath = /'[^'\n]*[\\/][^'\n]*'/g
/** The rest of a URL follows other characters. */
const path = /(^|[\s"(=])(?:[a-z]:\\|\/)[^\s")]*/gi

const openToNetwork: Details =
  'hidden: the endpoint asks for no credentials and listens on more than the loopback interface'

const foreignName: Details =
  'hidden: without credentials, the URL has to name localhost or an IP address'

/** Whether only processes on this host can connect. A unix socket's address is a text. */
function isLocal(bound: ReturnType<Server['address']>): boolean {
  if (bound === null) return false
  return typeof bound === 'string' || loopback.test(bound.address)
}

const loopback = /^(?:(?:::ffff:)?127(?:\.\d{1,3}){3}|::1)$/i
