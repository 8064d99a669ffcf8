import { closeSync, openSync, readSync } from 'node:fs'

/**
 * The first bytes of a file of `/proc`. These files have no size, and some grow without a bound.
 * @throws where the file cannot be read.
 */
export function firstBytesOf(path: string, most: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(most)
    let length = 0
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(file, buffer, length, buffer.length - length, null)
    }
    return buffer.subarray(0, length)
  } finally {
    closeSync(file)
  }
}
