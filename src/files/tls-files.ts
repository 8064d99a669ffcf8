import type { KeyObject, X509Certificate } from 'node:crypto'
import type * as Tls from 'node:tls'
import { createRequire } from '../support/process/create-require.ts'
import { nodeCrypto } from '../support/process/node-crypto.ts'
import { readSmall } from './small-file.ts'

/** Any path will do, because a built-in module has none. A bundle may have no `import.meta`. */
const load = createRequire(process.execPath)

/** @throws where the file cannot be read, or has no certificate. */
export function readCertificate(path: string): X509Certificate {
  return certificateIn(readSmall(path))
}

function certificateIn(text: string): X509Certificate {
  return sure(() => new (nodeCrypto().X509Certificate)(text), 'the file has no certificate in PEM')
}

/** @throws where the file cannot be read, or has no private key that can be used. */
export function readPrivateKey(path: string): KeyObject {
  return privateKeyIn(readSmall(path))
}

function privateKeyIn(text: string): KeyObject {
  if (/^-----BEGIN ENCRYPTED |^Proc-Type: .*ENCRYPTED/m.test(text))
    throw new Error('the key has a pass phrase')
  return sure(() => nodeCrypto().createPrivateKey(text), 'the file has no private key in PEM')
}

/** @throws where the key is of another certificate, or TLS cannot use both. */
export function assertPair(certfile: string, keyfile: string): void {
  const [cert, key] = [readSmall(certfile), readSmall(keyfile)]
  // TLS accepts a key of another type than the certificate, and then shows no certificate.
  if (!certificateIn(cert).checkPrivateKey(privateKeyIn(key)))
    throw new Error('the key is of another certificate')
  const tls = load('node:tls') as typeof Tls
  tls.createSecureContext({ cert, key })
}

/** The messages of OpenSSL are codes, such as `DECODER routines::unsupported`. */
function sure<T>(read: () => T, message: string): T {
  try {
    return read()
  } catch (error) {
    throw new Error(message, { cause: error })
  }
}
