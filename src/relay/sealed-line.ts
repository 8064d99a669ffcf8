import { Buffer } from 'node:buffer'
import { nodeCrypto } from '../support/process/node-crypto.ts'

/*
 * The port of an ended process is free, and any local user can listen there. Without the token,
 * this user can neither read a request nor make a response. A request to a page server can have
 * the password of a scraper.
 */

export interface Seal {
  /** 64 hexadecimal digits: the key. */
  readonly token: string
  /** The line opens only with the same context. */
  readonly context: string
}

const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** @returns the text as one line that only processes with the token can read or make. */
export function sealedLine(text: string, { token, context }: Seal): string {
  const { createCipheriv, randomBytes } = nodeCrypto()
  const nonce = randomBytes(nonceBytes)
  const encryption = createCipheriv(cipher, Buffer.from(token, 'hex'), nonce)
  encryption.setAAD(Buffer.from(context))
  const parts = [nonce, encryption.update(text), encryption.final(), encryption.getAuthTag()]
  return `${Buffer.concat(parts).toString('base64')}\n`
}

/** @returns the text of a line; undefined for any other token, context or line. */
export function openedLine(line: string, { token, context }: Seal): string | undefined {
  const bytes = Buffer.from(line, 'base64')
  if (bytes.length < nonceBytes + tagBytes) return undefined
  const key = Buffer.from(token, 'hex')
  const nonce = bytes.subarray(0, nonceBytes)
  const decryption = nodeCrypto().createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
  decryption.setAAD(Buffer.from(context))
  decryption.setAuthTag(bytes.subarray(-tagBytes))
  try {
    const text = decryption.update(bytes.subarray(nonceBytes, -tagBytes))
    return Buffer.concat([text, decryption.final()]).toString()
  } catch {
    return undefined
  }
}
