import { Buffer } from 'node:buffer'
import type { Socket } from 'node:net'

const newline = 0x0a

/**
 * Reads a socket's first line, without its end. What follows stays in the socket, which is paused.
 * @throws where the socket ends before the line does, or the line is longer than that.
 */
export function firstLine(socket: Socket, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let left = maxBytes
    const onData = (chunk: Buffer): void => {
      const { line, rest } = cut(chunk)
      chunks.push(line)
      left -= line.length
      if (left < 0) fail(new Error('The first line is too long.'))
      else if (rest) succeed(rest)
    }
    const succeed = (rest: Buffer): void => {
      leave()
      if (rest.length > 0) socket.unshift(rest)
      resolve(Buffer.concat(chunks).toString())
    }
    const onClose = (): void => fail(new Error('The connection ended before its first line.'))
    const leave = (): void => {
      socket.pause()
      socket.off('data', onData).off('end', onClose).off('close', onClose).off('error', fail)
    }
    const fail = (error: Error): void => {
      leave()
      reject(error)
    }
    socket.on('data', onData).on('end', onClose).on('close', onClose).on('error', fail)
  })
}

function cut(chunk: Buffer): { readonly line: Buffer; readonly rest?: Buffer } {
  const end = chunk.indexOf(newline)
  return end < 0 ? { line: chunk } : { line: chunk.subarray(0, end), rest: chunk.subarray(end + 1) }
}
