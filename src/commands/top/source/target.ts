import { hostWithPort } from '../../../model/address.ts'
import { decodedText } from '../../../model/text/decoded-text.ts'
import { printableLine } from '../../../model/text/printable.ts'

/** Where an exporter answers. */
export interface Target {
  /** For a person, without user and password. */
  readonly shown: string
  readonly protocol: 'http:' | 'https:'
  readonly host: string
  readonly port: number
  /** The path before `/live`, without a slash at the end. */
  readonly path: string
  /** A unix socket in place of host and port. */
  readonly socketPath: string | undefined
  /** From the URL. */
  readonly user: { readonly name: string; readonly password: string } | undefined
}

const defaultPort = 9_091

/** The forms of an address, for messages. */
export const targetForms = 'http://HOST:PORT, https://HOST:PORT, HOST:PORT or unix:/path'

/** Paths of the endpoint: the URL of the page is a good URL, too. */
const ownPath = /\/(?:metrics|live|status|healthz|readyz)?\/?$/

/** @returns undefined for a text that is no address of an exporter. */
export function parseTarget(given: string): Target | undefined {
  if (/^unix:\//.test(given)) return unixTarget(given.replace(/^unix:(?:\/\/(?=\/))?/, ''))
  const text = withProtocol(given)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.hostname === '') return undefined
  const { protocol, hostname, port, username } = url
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  const user = userOf(url)
  if (username !== '' && user === undefined) return undefined
  const path = url.pathname.replace(ownPath, '')
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    shown: printableLine(`${protocol}//${hostWithPort(host, port).replace(/:$/, '')}${path}`),
    protocol,
    host,
    port: port === '' ? portOf(protocol) : Number(port),
    path,
    socketPath: undefined,
    user,
  }
}

export function unixTarget(socketPath: string): Target | undefined {
  if (!socketPath.startsWith('/') || socketPath.includes('\0')) return undefined
  return {
    ...{ shown: printableLine(`unix:${socketPath}`), protocol: 'http:', host: 'localhost' },
    ...{ port: defaultPort, path: '', socketPath, user: undefined },
  }
}

/** `:9091` is a port of this host, and a host without a port has the exporter's default port. */
function withProtocol(given: string): string {
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(given)) return given
  const host = given.startsWith(':') ? `localhost${given}` : given
  const [authority = '', ...rest] = host.split('/')
  const hasPort = /:\d+$/.test(authority)
  return `http://${[hasPort ? authority : `${authority}:${defaultPort}`, ...rest].join('/')}`
}

function portOf(protocol: string): number {
  return protocol === 'https:' ? 443 : 80
}

function userOf({ username, password }: URL): Target['user'] {
  const [name, decoded] = [decodedText(username), decodedText(password)]
  if (username === '' || name === undefined || decoded === undefined) return undefined
  return { name, password: decoded }
}
