import { type FormatPart, jsonFormat, parseFormat } from '../../model/request/access-format.ts'
import { printableJson } from '../../model/text/printable.ts'
import { unixNow } from '../../support/intrinsics/unix-now.ts'
import { isoTime } from '../../support/iso-time.ts'
import { atomReaders, namedReader, type Reader } from './atoms.ts'
import { shortened } from './escaped.ts'
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

/** All but printable ASCII: the costly look for characters that change a terminal is rare. */
const special = /[^ -~]/

function jsonLine(request: SeenRequest): string {
  const line = JSON.stringify(fieldsOf(request))
  return special.test(line) ? printableJson(line) : line
}

function fieldsOf(request: SeenRequest): object {
  const { remoteAddress, protocol, status, bytes, seconds } = request
  return {
    time: isoTime(unixNow()),
    remote_address: remoteAddress,
    user: text(request.user),
    method: text(request.method),
    path: text(request.path),
    query: text(request.query || undefined),
    protocol,
    route: text(request.route),
    status,
    response_bytes: bytes,
    duration_seconds: Math.round(seconds * 1e6) / 1e6,
    referer: text(request.requestHeader('referer')),
    user_agent: text(request.requestHeader('user-agent')),
    aborted: request.isAborted ? true : undefined,
    pid: process.pid,
  }
}

function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : shortened(value)
}
