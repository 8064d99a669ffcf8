import { Buffer } from 'node:buffer'
import type * as Crypto from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'

const { getBuiltinModule } = process

/**
 * `node:crypto`. Node loads the module at the first call: with OpenSSL 3.5, the load blocks a
 * process for 4 ms.
 */
export function nodeCrypto(): typeof Crypto {
  return getBuiltinModule('node:crypto')
}

/** Random bytes that nobody can guess, without `node:crypto` where the system has a device. */
export function randomBytes(count: number): Uint8Array {
  return bytesOfDevice(count) ?? nodeCrypto().randomBytes(count)
}

/** Hexadecimal digits that nobody can guess, two for each byte. */
export function randomHex(byteCount: number): string {
  return Buffer.from(randomBytes(byteCount)).toString('hex')
}

function bytesOfDevice(count: number): Uint8Array | undefined {
  const bytes = new Uint8Array(count)
  let device: number | undefined
  try {
    device = openSync('/dev/urandom', 'r')
    return readSync(device, bytes) === count ? bytes : undefined
  } catch {
    // Windows has no device. The permission model can refuse the device.
    return undefined
  } finally {
    if (device !== undefined) closeSync(device)
  }
}
