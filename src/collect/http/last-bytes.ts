import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { hide } from '../../support/hidden-property.ts'
import { apply } from '../../support/intrinsics/apply.ts'
import { lastChunkOf } from './body-size.ts'
import type { Connection, Exchange } from './exchange.ts'

type Chunk = Uint8Array | string
type Done = () => void

interface Write {
  readonly chunk: Chunk
  readonly encoding: BufferEncoding
}

/**
 * Undocumented fields of Node's OutgoingMessage, present on every supported Node. Check each field.
 */
interface ResponseInternals {
  readonly _header?: unknown
  readonly _hasBody?: unknown
  readonly _contentLength?: unknown
}

export interface LastBytesListener {
  /** @param sent bytes of the response, with its head, as for `responseBodyBytes`. */
  readonly act: (exchange: Exchange, sent: number) => void
  readonly onFault: () => void
}

/**
 * Calls back before the last bytes of a response leave the process: the socket passes them to the
 * operating system. Node has no event at this place, so the function wraps two methods of the
 * socket.
 *
 * A response without length that ends with its connection has no last byte. Node's event `finish`
 * precedes the end of such a connection.
 *
 * The application calls these methods, so an error goes to `onFault`.
 */
export function onLastBytes(connection: Connection, { act, onFault }: LastBytesListener): void {
  const { socket } = connection
  const { _write: write, _writev: writev } = socket
  /** The bytes of the connection up to the head of the response: `100 Continue`, early hints. */
  let headAt = 0
  const look = (size: number, last: Write | undefined): void => {
    const { oldest } = connection
    const response = oldest?.response
    // Node holds back the other responses of the connection.
    if (oldest === undefined || response === undefined || !isOwner(response, socket)) return
    const written = dispatchedBy(socket) + size
    if (!hasHead(response)) headAt = written
    else if (isLast(response, written - Math.max(headAt, connection.written), last))
      act(oldest, written - connection.written - uncountedBytes(response))
  }
  const guard = (writes: readonly Write[]): void => {
    try {
      look(sizeOfAll(writes), writes[writes.length - 1])
    } catch {
      onFault()
    }
  }
  hide(socket, '_write', (chunk: Chunk, encoding: BufferEncoding, done: Done) => {
    guard([{ chunk, encoding }])
    apply(write, socket, [chunk, encoding, done])
  })
  if (!writev) return
  hide(socket, '_writev', (writes: Write[], done: Done) => {
    guard(writes)
    apply(writev, socket, [writes, done])
  })
}

function isOwner(response: ServerResponse, socket: Socket): boolean {
  return Reflect.get(socket, '_httpMessage') === response
}

/** `bytesWritten` without the bytes that wait in the stream. NaN for a stream of another class. */
function dispatchedBy(socket: Socket): number {
  return Number(Reflect.get(socket, '_bytesDispatched'))
}

function hasHead(response: ServerResponse & ResponseInternals): boolean {
  return typeof response._header === 'string'
}

/** @param sent bytes of the head and the body. */
function isLast(
  response: ServerResponse & ResponseInternals,
  sent: number,
  last: Write | undefined,
): boolean {
  const { _header: header, _contentLength: length } = response
  if (typeof header !== 'string') return false
  if (response._hasBody === false) return sent >= header.length
  if (response.chunkedEncoding) return endsWithLastChunk(response, header, last?.chunk)
  return typeof length !== 'object' && sent >= header.length + Number(length)
}

/** Node writes the chunk of size 0 as a text of its own, or behind the head. */
function endsWithLastChunk(response: ServerResponse, header: string, chunk?: Chunk): boolean {
  const last = lastChunkOf(response)
  return chunk === last || chunk === header + last
}

/** Node marks a response as ended after it has written the chunk of size 0. */
function uncountedBytes(response: ServerResponse): number {
  const isMarked = response.writableEnded || !response.chunkedEncoding
  return isMarked ? 0 : lastChunkOf(response).length
}

function sizeOfAll(writes: readonly Write[]): number {
  let size = 0
  for (const write of writes) size += sizeOf(write)
  return size
}

function sizeOf({ chunk, encoding }: Write): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk, encoding) : chunk.byteLength
}
