import { chmodSync, fchmodSync } from 'node:fs'

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

function isForbidden(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === 'ERR_ACCESS_DENIED'
}
