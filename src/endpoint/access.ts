import { createHash, timingSafeEqual } from 'node:crypto'

/** Where a secret comes from; one trailing newline of a file is no part of it. */
export type SecretSource =
  | { readonly kind: 'value'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string }

/** Who may see the endpoint: everybody where neither is given, else whoever knows the one or the other. */
export interface Access {
  readonly basic: { readonly username: SecretSource; readonly password: SecretSource } | undefined
  readonly bearer: SecretSource | undefined
  /** `/healthz` and `/readyz` are open all the same, also to clients without a certificate. */
  readonly probesOpen: boolean
}

/** Digests of the secrets: texts of one length, whose comparison takes the same time whatever is compared. */
export interface AccessKeys {
  readonly basic: { readonly username: Buffer; readonly password: Buffer } | undefined
  readonly bearer: Buffer | undefined
}

/** The files that the keys are made of, in the order in which `keysOf` takes their texts. */
export function secretPaths(access: Access): string[] {
  return sources(access).flatMap((source) => (source.kind === 'file' ? [source.path] : []))
}

/** @throws for an empty secret: everybody knows it. */
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

/** Whether a request with this Authorization header may see the endpoint. */
export function admits({ basic, bearer }: AccessKeys, authorization: string | undefined): boolean {
  if (!basic && !bearer) return true
  const [, scheme = '', text = ''] = /^(\w+) +(.+)$/.exec(authorization ?? '') ?? []
  // As it came over the wire: Node reads headers as Latin-1.
  const credentials = Buffer.from(text, 'latin1')
  if (scheme.toLowerCase() === 'bearer') return bearer !== undefined && isEqual(credentials, bearer)
  if (scheme.toLowerCase() !== 'basic' || !basic) return false
  const pair = Buffer.from(text, 'base64')
  const at = pair.indexOf(':')
  if (at < 0) return false
  // Both, whatever the first one says: a wrong name takes as long as a wrong password.
  const isUser = isEqual(pair.subarray(0, at), basic.username)
  const isPassword = isEqual(pair.subarray(at + 1), basic.password)
  return isUser && isPassword
}

/** What a client is asked for that may not see the endpoint; one header for each way in. */
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
