import { writeSync } from 'node:fs'

// Taken now: the application may replace the functions of `node:fs`.
const write = writeSync

/**
 * Writes all bytes at an offset of the file.
 * @throws if the file cannot be written, or if the file system takes a part of the bytes only.
 */
export function writeAll(file: number, bytes: Uint8Array, at: number): void {
  if (write(file, bytes, 0, bytes.length, at) === bytes.length) return
  throw new Error('the file system has no room for the crash file')
}
