import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'

const newline = 0x0a

/**
 * Reads the first line of a socket, without the newline. The socket is then paused and keeps the
 * remaining bytes.
 * @throws when the line is longer than `maxBytes`, or the socket ends within the line.
 */
export function firstLine(socket: Socket, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let left = maxBytes
    const onData = (chunk: Buffer): void => {
      const { line, rest } = splitLine(chunk)
      chunks.push(line)
      left -= line.length
      if (left < 0) fail(new Error(`The first line is longer than ${maxBytes} bytes.`))
      else if (rest) succeed(rest)
    }
    const succeed = (rest: Buffer): void => {
      stop()
      if (rest.length > 0) socket.unshift(rest)
      resolve(Buffer.concat(chunks).toString())
    }
    const onClose = (): void => fail(new Error('The connection ended before its first line.'))
    const stop = (): void => {
      socket.pause()
      socket.off('data', onData).off('end', onClose).off('close', onClose).off('error', fail)
    }
    const fail = (error: Error): void => {
      stop()
      reject(error)
    }
    socket.on('data', onData).on('end', onClose).on('close', onClose).on('error', fail)
  })
}

function splitLine(chunk: Buffer): { readonly line: Buffer; readonly rest?: Buffer } {
  const end = chunk.indexOf(newline)
  return end < 0 ? { line: chunk } : { line: chunk.subarray(0, end), rest: chunk.subarray(end + 1) }
}
