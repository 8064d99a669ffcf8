import { type FormatPart, jsonFormat, parseFormat } from '../../model/request/access-format.ts'
import { unixNow } from '../../support/intrinsics/unix-now.ts'
import { isoTime } from '../../support/iso-time.ts'
import { atomReaders, namedReader, type Reader } from './atoms.ts'
import { LogTime } from './log-time.ts'
import type { SeenRequest } from './seen-request.ts'

/** Makes a line of the access log, without a line break. @param format a valid format. */
export function accessLine(format: string): Reader {
  if (format === jsonFormat) return jsonLine
  const parts = parseFormat(format)
  if ('wrong' in parts) return () => '-'
  const atoms = atomReaders(new LogTime())
  const readers = parts.map((part): Reader => readerOf(part, atoms))
  return (request) => {
    let line = ''
    for (const read of readers) line += read(request)
    return line
  }
}

function readerOf(part: FormatPart, atoms: ReturnType<typeof atomReaders>): Reader {
  if (part.kind === 'atom') return atoms[part.atom]
  return part.kind === 'named' ? namedReader(part) : () => part.text
}

function jsonLine(request: SeenRequest): string {
  const { remoteAddress, user, method, path, query, protocol, status, bytes, seconds } = request
  return JSON.stringify({
    time: isoTime(unixNow()),
    remote_address: remoteAddress,
    user,
    method,
    path,
    query: query === '' ? undefined : query,
    protocol,
    route: request.route,
    status,
    response_bytes: bytes,
    duration_seconds: Math.round(seconds * 1e6) / 1e6,
    referer: request.requestHeader('referer'),
    user_agent: request.requestHeader('user-agent'),
    aborted: request.isAborted ? true : undefined,
    pid: process.pid,
  })
}
