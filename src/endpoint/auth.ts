import type { IncomingMessage } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import type { EndpointLimits } from '../limits/endpoint.ts'
import { type CodedText, coded } from '../model/errors/coded-text.ts'
import { messageOf } from '../support/error-message.ts'
import {
  type Access,
  type AccessKeys,
  accessKeysOf,
  challenges,
  isAuthorized,
  secretPaths,
} from './access.ts'
import { type EndpointResponse, textResponse } from './response.ts'
import { type Credentials, credentialsOf, isCertified, type TlsFiles, tlsPaths } from './tls.ts'
import { WatchedFiles } from './watched-files.ts'

export type FilesPart = 'tls' | 'secrets'

/** A change of the endpoint's files. While new files are invalid, the old files stay in use. */
export type FilesStatus =
  | (FilesOfPart & { readonly kind: 'invalid'; readonly error: Error })
  | (FilesOfPart & { readonly kind: 'valid' })

interface FilesOfPart {
  readonly part: FilesPart
  /** Settings of the files, as the user wrote their names. */
  readonly names: readonly string[]
}

/** Log line for a change of files, without secrets. */
export function describeFilesStatus(status: FilesStatus): CodedText {
  const files = `The files of ${status.names.join(', ')}`
  if (status.kind === 'valid') return coded('GPE_RECOVERED', `${files} are valid again and in use.`)
  const text = `${files} are invalid, and the old ones stay in use: ${messageOf(status.error)}`
  return coded('GPE_FILES_INVALID', text)
}

/** Credentials of a request. */
export interface Credential {
  readonly authorization: string | undefined
  /** The server verified the client's certificate. */
  readonly isCertified: boolean
}

export interface EndpointAuthOptions {
  readonly tls: TlsFiles | undefined
  readonly access: Access
  readonly limits: EndpointLimits
  /** Settings of the files, as the user wrote their names. */
  readonly names: Readonly<Record<FilesPart, readonly string[]>>
  readonly onFiles: (status: FilesStatus) => void
  /** Called with the end of each new certificate, Unix milliseconds. */
  readonly onCertificate: (expiresAt: number) => void
}

/** Checks certificates, passwords and tokens. All can change while the endpoint runs. */
export class EndpointAuth {
  readonly #options: EndpointAuthOptions
  readonly #server: Server
  readonly #credentials: WatchedFiles<Credentials> | undefined
  readonly #secrets: WatchedFiles<AccessKeys>
  /** Time at the end of a connection's handshake. */
  readonly #secureSince = new WeakMap<Socket, number>()
  #keys: AccessKeys | undefined
  #reloadedAt = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  constructor(server: Server, options: EndpointAuthOptions) {
    const { tls, access } = options
    this.#options = options
    this.#server = server
    this.#credentials =
      tls &&
      new WatchedFiles<Credentials>({
        paths: () => tlsPaths(tls),
        make: (texts) => credentialsOf(tls, texts),
        onChange: (credentials) => this.#reload(credentials),
        ...this.#watch('tls'),
      })
    this.#secrets = new WatchedFiles<AccessKeys>({
      paths: () => secretPaths(access),
      make: (texts) => accessKeysOf(access, texts),
      onChange: (keys) => {
        this.#keys = keys
      },
      ...this.#watch('secrets'),
    })
    server.on('secureConnection', (socket: Socket) => {
      this.#secureSince.set(socket, performance.now())
    })
  }

  /** Reads all files, and checks for changes every `filePollMs`. @throws for invalid files. */
  open(): void {
    const credentials = this.#named('tls', () => this.#credentials?.load())
    this.#keys = this.#named('secrets', () => this.#secrets.load())
    if (credentials) this.#use(credentials)
    this.#timer ??= setInterval(() => {
      this.#credentials?.poll()
      this.#secrets.poll()
    }, this.#options.limits.filePollMs).unref()
  }

  /** The error response for a request without credentials. */
  refusal(request: IncomingMessage, isProbe: boolean): EndpointResponse | undefined {
    const { tls, access } = this.#options
    if (isProbe && access.probesOpen) return undefined
    const { authorization } = request.headers
    return this.#refusalOf({ authorization, isCertified: !tls || isCertified(request.socket, tls) })
  }

  /**
   * The error response for a request to another server. Where the endpoint requires client
   * certificates, the other server must have verified the client's certificate.
   */
  forwardedRefusal({ authorization, isCertified }: Credential): EndpointResponse | undefined {
    const isRequired = this.#options.tls?.clientAuthRequired === true
    return this.#refusalOf({ authorization, isCertified: isCertified || !isRequired })
  }

  #refusalOf({ authorization, isCertified }: Credential): EndpointResponse | undefined {
    if (!isCertified) return certificateMissing
    if (this.#keys && isAuthorized(this.#keys, authorization)) return undefined
    const accepted = this.#keys ? challenges(this.#keys) : []
    return textResponse(401, 'The endpoint requires a password or a token.', {
      'WWW-Authenticate': accepted,
    })
  }

  /**
   * Whether the connection may use an earlier certificate. A connection from before the last
   * change completes the handshake within `endpointHandshakeMs`.
   */
  isOutdated(socket: Socket): boolean {
    const since = this.#secureSince.get(socket)
    const { endpointHandshakeMs } = this.#options.limits
    return since !== undefined && since < this.#reloadedAt + endpointHandshakeMs
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #reload(credentials: Credentials): void {
    this.#reloadedAt = performance.now()
    this.#use(credentials)
  }

  #use({ context, expiresAt }: Credentials): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext(context)
    this.#options.onCertificate(expiresAt)
  }

  #named<T>(part: FilesPart, load: () => T): T {
    try {
      return load()
    } catch (error) {
      const files = `the files of ${this.#options.names[part].join(', ')}`
      throw new Error(`${files} cannot be used: ${messageOf(error)}`, { cause: error })
    }
  }

  #watch(part: FilesPart) {
    const { onFiles, limits, names } = this.#options
    const files: FilesOfPart = { part, names: names[part] }
    return {
      settleMs: limits.fileSettleMs,
      onInvalid: (error: Error): void => onFiles({ kind: 'invalid', ...files, error }),
      onValid: (): void => onFiles({ kind: 'valid', ...files }),
    }
  }
}

const certificateMissing = textResponse(
  403,
  'The endpoint requires a client certificate from one of its certificate authorities.',
)
