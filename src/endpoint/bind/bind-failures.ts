import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { type CodedError, codedError } from '../../model/errors/coded-error.ts'
import type { ErrorCode } from '../../model/errors/error-table.ts'
import { errorCodeOf } from '../../support/error-code.ts'
import { messageOf } from '../../support/error-message.ts'
import type { Address } from './address.ts'
import { findHolder, type SocketHolder } from './socket-holder.ts'

/** The settings of an address as the user wrote their names. */
export interface AddressNames {
  readonly port: string
  /** Of the host or of the unix socket. */
  readonly address: string
}

export interface BindFailuresOptions {
  readonly address: Address
  readonly names: AddressNames
  /** Default: `findHolder`. */
  readonly holderOf?: (address: Address) => SocketHolder | undefined
}

/** Explains why an endpoint cannot listen: the setting, the remedy, and who has the address. */
export class BindFailures {
  readonly #options: BindFailuresOptions
  /** The last failure: further attempts with the same code do not look for the holder again. */
  #last: { readonly code: string; readonly text: string } | undefined

  constructor(options: BindFailuresOptions) {
    this.#options = options
  }

  /** @returns an error with the explanation. Its cause is the given error. */
  explained(error: Error): Error | CodedError {
    const given = errorCodeOf(error)
    if (typeof given !== 'string') return error
    const { address } = this.#options
    const code = address.kind === 'unix' ? systemCode(given, address.path) : given
    if (this.#last?.code !== code) this.#last = { code, text: this.#text(code, error) }
    return codedError(codeFor(code), this.#last.text, { cause: error })
  }

  /** The next failure is a new failure. */
  reset(): void {
    this.#last = undefined
  }

  #text(code: string, error: Error): string {
    const { address, names, holderOf = findHolder } = this.#options
    const holder = code === 'EADDRINUSE' ? holderOf(address) : undefined
    const text =
      address.kind === 'tcp'
        ? tcpText({ ...address, code, names, holder })
        : unixText({ ...address, code, names, holder })
    return text ?? `${messageOf(error)}. See ${names.address} and ${names.port}.`
  }
}

/** The code of the cause for `docs/errors.md`. */
function codeFor(code: string): ErrorCode {
  if (code === 'EADDRINUSE') return 'GPE_PORT_IN_USE'
  if (/^(?:EACCES|EPERM|EROFS)$/.test(code)) return 'GPE_LISTEN_FORBIDDEN'
  if (/^(?:ENOTSOCK|ENOENT|ENOTDIR)$/.test(code)) return 'GPE_SOCKET_PATH'
  return /^(?:EADDRNOTAVAIL|EAFNOSUPPORT|EINVAL|ENOTFOUND|EAI_)/.test(code)
    ? 'GPE_ADDRESS_UNAVAILABLE'
    : 'GPE_LISTEN_FAILED'
}

interface Failure extends Pick<BindFailuresOptions, 'names'> {
  readonly code: string
  readonly holder: SocketHolder | undefined
}

type TcpFailure = Failure & Extract<Address, { kind: 'tcp' }>

function tcpText({ code, host, port, names, holder }: TcpFailure): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return (
        `port ${port} at ${host} is taken${byText(holder)} (${code}). ` +
        `${endText(holder, 'port')}set ${names.port} to another port.`
      )
    case 'EACCES':
      return (
        `this user may not listen on port ${port} (${code}). Set ${names.port} to a port from ` +
        '1024, or give the program the capability CAP_NET_BIND_SERVICE.'
      )
    case 'EADDRNOTAVAIL':
      return (
        `this host has no address ${host} (${code}). Set ${names.address} to an address of this ` +
        'host, or to 0.0.0.0 for all addresses.'
      )
    case 'EAFNOSUPPORT':
    case 'EINVAL':
      return (
        `this host cannot listen at ${host} (${code}). Set ${names.address} to another address, ` +
        'for example 0.0.0.0.'
      )
    default:
      return /^(?:ENOTFOUND|EAI_)/.test(code)
        ? `the host name ${host} has no address (${code}). Set ${names.address} to an IP address.`
        : undefined
  }
}

/** libuv says EACCES for a missing directory, too. */
function systemCode(code: string, path: string): string {
  return code === 'EACCES' && !existsSync(dirname(path)) ? 'ENOENT' : code
}

type UnixFailure = Failure & Extract<Address, { kind: 'unix' }>

function unixText({ code, path, names, holder }: UnixFailure): string | undefined {
  const other = `set ${names.address} to another path.`
  const directory = dirname(path)
  switch (code) {
    case 'EADDRINUSE':
      return (
        `the socket ${path} is taken${byText(holder)} (${code}). ` +
        `${endText(holder, 'socket')}${other}`
      )
    case 'ENOTSOCK':
      return `${path} exists and is not a socket. Remove the file, or ${other}`
    case 'ENOENT':
      return `the directory ${directory} does not exist (${code}). Make the directory, or ${other}`
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return (
        `this user may not make a socket in ${directory} (${code}). ` +
        `Let the user write to the directory, or ${other}`
      )
    case 'ENOTDIR':
      return `${directory} is not a directory (${code}). Remove the file, or ${other}`
    default:
      return undefined
  }
}

function byText(holder: SocketHolder | undefined): string {
  if (!holder) return ''
  if (holder.pid === process.pid) return ` by this process itself, pid ${holder.pid}`
  return ` by ${holder.name || 'a process'}, pid ${holder.pid}`
}

/** The start of the remedy. An application that listens on the port must not end. */
function endText(holder: SocketHolder | undefined, thing: string): string {
  if (holder?.pid === process.pid) return 'Let the application listen elsewhere, or '
  return holder ? 'End that process, or ' : `End the process that has the ${thing}, or `
}
