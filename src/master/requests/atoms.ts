import type { FormatPart, PlainAtom } from '../../model/request/access-format.ts'
import { escaped } from './escaped.ts'
import type { LogTime } from './log-time.ts'
import type { SeenRequest } from './seen-request.ts'

export type Reader = (request: SeenRequest) => string

/** Reads the values of gunicorn's atoms. */
export function atomReaders(time: LogTime): Readonly<Record<PlainAtom, Reader>> {
  const pid = `<${process.pid}>`
  return {
    h: ({ remoteAddress }) => remoteAddress ?? '-',
    l: () => '-',
    u: ({ user }) => escaped(user ?? '-'),
    t: () => time.now(),
    r: ({ method, target, protocol }) => `${escaped(method)} ${escaped(target)} ${protocol}`,
    s: ({ status }) => String(status),
    m: ({ method }) => escaped(method),
    U: ({ path }) => escaped(path),
    q: ({ query }) => escaped(query),
    H: ({ protocol }) => protocol,
    b: ({ bytes }) => String(bytes),
    B: ({ bytes }) => String(bytes),
    f: (request) => escaped(request.requestHeader('referer') ?? '-'),
    a: (request) => escaped(request.requestHeader('user-agent') ?? '-'),
    T: ({ seconds }) => String(Math.floor(seconds)),
    D: ({ seconds }) => String(Math.floor(seconds * 1e6)),
    M: ({ seconds }) => String(Math.floor(seconds * 1e3)),
    L: ({ seconds }) => seconds.toFixed(6),
    p: () => pid,
  }
}

export type NamedPart = Extract<FormatPart, { kind: 'named' }>

/** Reads a header of the request or of the response, or a variable of WSGI or of the process. */
export function namedReader({ of, name }: NamedPart): Reader {
  if (of === 'i') return (request) => escaped(request.requestHeader(name) ?? '-')
  if (of === 'o') return (request) => escaped(request.responseHeader(name) ?? '-')
  const known = wsgiVariables[name]
  if (known) return (request) => escaped(known(request) ?? '-')
  if (name.startsWith('http_')) {
    const header = name.slice('http_'.length).replaceAll('_', '-')
    return (request) => escaped(request.requestHeader(header) ?? '-')
  }
  const value = escaped(variable(name) ?? '-')
  return () => value
}

/** The variables that WSGI gives an application about a request. */
const wsgiVariables: Readonly<Record<string, (request: SeenRequest) => string | undefined>> = {
  request_method: ({ method }) => method,
  raw_uri: ({ target }) => target,
  path_info: ({ path }) => path,
  query_string: ({ query }) => query,
  server_protocol: ({ protocol }) => protocol,
  remote_addr: ({ remoteAddress }) => remoteAddress,
  content_type: (request) => request.requestHeader('content-type'),
  content_length: (request) => request.requestHeader('content-length'),
}

/** gunicorn compares names without their case. */
function variable(name: string): string | undefined {
  const { env } = process
  return Object.entries(env).find(([each]) => each.toLowerCase() === name)?.[1]
}
