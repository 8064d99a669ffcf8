import { chmodSync, fchmodSync } from 'node:fs'
import { isForbidden } from '../error-code.ts'

/**
 * Sets the mode of an open file or directory.
 * @param path names the same file. Under `--permission`, Node.js allows no mode by descriptor.
 */
export function setMode(descriptor: number, path: string, mode: number): void {
  try {
    fchmodSync(descriptor, mode)
  } catch (error) {
    if (!isForbidden(error)) throw error
    chmodSync(path, mode)
  }
}
