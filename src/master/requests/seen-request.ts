import type { RequestEnd } from '../../model/request/request-end.ts'

const versions = ['HTTP/1.0', 'HTTP/1.1', 'HTTP/2'] as const

/** nginx's status of a request whose client left before the head of the response. */
const clientClosed = 499

/** One view of the requests of HTTP/1 and HTTP/2. Valid during the call alone. */
export class SeenRequest {
  readonly #end: RequestEnd

  constructor(end: RequestEnd) {
    this.#end = end
  }

  get method(): string {
    const end = this.#end
    return (end.kind === 'http1' ? end.request.method : end.headers[':method']) ?? '-'
  }

  get target(): string {
    return this.#end.facts.target ?? '-'
  }

  get path(): string {
    const { target } = this
    const at = target.indexOf('?')
    return at === -1 ? target : target.slice(0, at)
  }

  /** Without the question mark. */
  get query(): string {
    const { target } = this
    const at = target.indexOf('?')
    return at === -1 ? '' : target.slice(at + 1)
  }

  get protocol(): string {
    return versions[this.#end.facts.version] ?? 'HTTP/1.1'
  }

  get status(): number {
    return this.#end.facts.status ?? clientClosed
  }

  get isAborted(): boolean {
    return this.#end.facts.abort !== undefined
  }

  get bytes(): number {
    return this.#end.facts.responseBytes
  }

  get seconds(): number {
    return this.#end.facts.seconds
  }

  get route(): string | undefined {
    return this.#end.facts.route
  }

  get remoteAddress(): string | undefined {
    const end = this.#end
    return end.kind === 'http1' ? end.request.socket.remoteAddress : end.remoteAddress
  }

  /** The user of basic authentication. */
  get user(): string | undefined {
    const [, encoded] = /^basic +(\S+)/i.exec(this.requestHeader('authorization') ?? '') ?? []
    const user = encoded && Buffer.from(encoded, 'base64').toString('latin1').split(':', 1)[0]
    return user === '' ? undefined : user
  }

  /** @param name in lower case. */
  requestHeader(name: string): string | undefined {
    const end = this.#end
    const value = end.kind === 'http1' ? end.request.headers[name] : end.headers[name]
    return textOf(value)
  }

  /** @param name in lower case. */
  responseHeader(name: string): string | undefined {
    const end = this.#end
    if (end.kind === 'http2') return textOf(end.stream.sentHeaders?.[name])
    const { response } = end
    return textOf(response?.getHeader(name)) ?? sentHeader(response, name)
  }
}

/** `getHeader()` does not return the headers that the application gave to `writeHead()`. */
function sentHeader(response: object | undefined, name: string): string | undefined {
  const head: unknown = response && Reflect.get(response, '_header')
  if (typeof head !== 'string') return undefined
  const line = head.split('\r\n').find((each) => each.toLowerCase().startsWith(`${name}:`))
  return line?.slice(name.length + 1).trim()
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return Array.isArray(value) ? value.join(', ') : String(value)
}
