import type { IncomingMessage } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import { endpointLimits } from '../limits/endpoint.ts'
import { messageOf } from '../support/error-message.ts'
import {
  type Access,
  type AccessKeys,
  accessKeysOf,
  admits,
  challenges,
  secretPaths,
} from './access.ts'
import { type EndpointResponse, textResponse } from './response.ts'
import { type Credentials, credentialsOf, isCertified, type TlsFiles, tlsPaths } from './tls.ts'
import { WatchedFiles } from './watched-files.ts'

export type FilesPart = 'tls' | 'secrets'

/** What became of files that changed. As long as the new ones are bad, the old ones are in use. */
export type FilesNews =
  | { readonly kind: 'bad'; readonly part: FilesPart; readonly error: Error }
  | { readonly kind: 'good'; readonly part: FilesPart }

/** A sentence about it, without any secret. */
export function describeFilesNews(news: FilesNews): string {
  const files = news.part === 'tls' ? 'certificate and key' : 'secrets'
  if (news.kind === 'good') return `The endpoint's files with ${files} are good again, and in use.`
  return `The endpoint's files with ${files} are no good, and the old ones stay in use: ${messageOf(news.error)}`
}

/** What a request shows of who sent it. */
export interface Credential {
  readonly authorization: string | undefined
  /** By a certificate that was verified. */
  readonly isCertified: boolean
}

export interface EndpointAuthOptions {
  readonly tls: TlsFiles | undefined
  readonly access: Access
  readonly onFiles: (news: FilesNews) => void
  /** Called with every certificate that comes into use: when it ends, Unix milliseconds. */
  readonly onCertificate: (expiresAt: number) => void
}

/** Who may come in: by certificate, password or token, all of which may be replaced at any time. */
export class EndpointAuth {
  readonly #options: EndpointAuthOptions
  readonly #server: Server
  readonly #credentials: WatchedFiles<Credentials> | undefined
  readonly #secrets: WatchedFiles<AccessKeys>
  /** When the handshake of a connection was over. */
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
        ...this.#tells('tls'),
      })
    this.#secrets = new WatchedFiles<AccessKeys>({
      paths: () => secretPaths(access),
      make: (texts) => accessKeysOf(access, texts),
      onChange: (keys) => {
        this.#keys = keys
      },
      ...this.#tells('secrets'),
    })
    server.on('secureConnection', (socket: Socket) => {
      this.#secureSince.set(socket, performance.now())
    })
  }

  /** Reads all files, and looks at them from then on. @throws where they are no good. */
  open(): void {
    const credentials = this.#credentials?.load()
    this.#keys = this.#secrets.load()
    if (credentials) this.#use(credentials)
    this.#timer ??= setInterval(() => {
      this.#credentials?.look()
      this.#secrets.look()
    }, endpointLimits.filePollMs).unref()
  }

  /** The refusal of a request that may not see anything. */
  refusal(request: IncomingMessage, isProbe: boolean): EndpointResponse | undefined {
    const { tls, access } = this.#options
    if (isProbe && access.probesOpen) return undefined
    const { authorization } = request.headers
    return this.#refusalOf({ authorization, isCertified: !tls || isCertified(request.socket, tls) })
  }

  /** The same of one that came in elsewhere: where certificates are required, there it must have shown one. */
  refusalElsewhere({ authorization, isCertified }: Credential): EndpointResponse | undefined {
    const isRequired = this.#options.tls?.clientAuthRequired === true
    return this.#refusalOf({ authorization, isCertified: isCertified || !isRequired })
  }

  #refusalOf({ authorization, isCertified }: Credential): EndpointResponse | undefined {
    if (!isCertified) {
      return textResponse(403, 'This needs a certificate that an authority of the endpoint issued.')
    }
    if (this.#keys && admits(this.#keys, authorization)) return undefined
    const wanted = this.#keys ? challenges(this.#keys) : []
    return textResponse(401, 'This needs a password or a token.', { 'WWW-Authenticate': wanted })
  }

  /**
   * Whether the connection may be from before the last change of certificates. One that was accepted
   * before has had its handshake within the time for it.
   */
  isOutdated(socket: Socket): boolean {
    const since = this.#secureSince.get(socket)
    return since !== undefined && since < this.#reloadedAt + endpointLimits.endpointHandshakeMs
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

  #tells(part: FilesPart): { onBad: (error: Error) => void; onGood: () => void } {
    return {
      onBad: (error) => this.#options.onFiles({ kind: 'bad', part, error }),
      onGood: () => this.#options.onFiles({ kind: 'good', part }),
    }
  }
}
