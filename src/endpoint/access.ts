import { createHash, timingSafeEqual } from 'node:crypto'

/** Where a secret comes from. One trailing newline of a file does not belong to the secret. */
export type SecretSource =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }

/** Secrets of the endpoint: a request needs a password or a token. Without both: free access. */
export interface Access {
  readonly basic: { readonly username: SecretSource; readonly password: SecretSource } | undefined
  readonly bearer: SecretSource | undefined
  /** `/healthz` and `/readyz` need no secret and no client certificate. */
  readonly probesOpen: boolean
}

/** Digests of the secrets. All have one length, so that each comparison takes the same time. */
export interface AccessKeys {
  readonly basic: { readonly username: Buffer; readonly password: Buffer } | undefined
  readonly bearer: Buffer | undefined
}

/** Paths of the secrets' files, in the order of the texts for `accessKeysOf`. */
export function secretPaths(access: Access): string[] {
  return sources(access).flatMap((source) => (source.kind === 'file' ? [source.path] : []))
}

/** @throws for an empty secret. */
export function accessKeysOf(access: Access, texts: readonly string[]): AccessKeys {
  const left = [...texts]
  const digest = (source: SecretSource): Buffer => {
    const text = source.kind === 'value' ? source.text : cutNewline(left.shift() ?? '')
    if (text === '') {
      throw new Error(source.kind === 'file' ? `${source.path} is empty.` : 'A secret is empty.')
    }
    return digestOf(text)
  }
  const { basic, bearer } = access
  return {
    basic: basic && { username: digest(basic.username), password: digest(basic.password) },
    bearer: bearer && digest(bearer),
  }
}

/** Checks the Authorization header of a request. */
export function isAuthorized(
  { basic, bearer }: AccessKeys,
  authorization: string | undefined,
): boolean {
  if (!basic && !bearer) return true
  const [, scheme = '', text = ''] = /^(\w+) +(.+)$/.exec(authorization ?? '') ?? []
  // Node decodes headers as Latin-1. The conversion restores the bytes.
  const credentials = Buffer.from(text, 'latin1')
  if (scheme.toLowerCase() === 'bearer') return bearer !== undefined && isEqual(credentials, bearer)
  if (scheme.toLowerCase() !== 'basic' || !basic) return false
  const pair = Buffer.from(text, 'base64')
  const at = pair.indexOf(':')
  if (at < 0) return false
  // Both comparisons always run: a wrong user name takes as long as a wrong password.
  const isUser = isEqual(pair.subarray(0, at), basic.username)
  const isPassword = isEqual(pair.subarray(at + 1), basic.password)
  return isUser && isPassword
}

/** Values of `WWW-Authenticate`, with an entry for each accepted scheme. */
export function challenges({ basic, bearer }: AccessKeys): string[] {
  return [
    ...(basic ? ['Basic realm="metrics", charset="UTF-8"'] : []),
    ...(bearer ? ['Bearer realm="metrics"'] : []),
  ]
}

function sources({ basic, bearer }: Access): SecretSource[] {
  return [...(basic ? [basic.username, basic.password] : []), ...(bearer ? [bearer] : [])]
}

function cutNewline(text: string): string {
  return text.replace(/\r?\n$/, '')
}

function isEqual(given: Buffer, digest: Buffer): boolean {
  return timingSafeEqual(digestOf(given), digest)
}

function digestOf(text: Buffer | string): Buffer {
  return createHash('sha256').update(text).digest()
}
