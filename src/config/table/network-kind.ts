import { inRange, integer, pattern, refused, type SettingKind } from './kind.ts'
import { Secret } from './secret.ts'

export const port: SettingKind<number> = {
  ...integer(0, 65_535, 'a port'),
  parse: (text) => inRange(/^\d{1,5}$/.test(text) ? Number(text) : Number.NaN, 0, 65_535),
}

/** A host name, an IPv4 or IPv6 address (in brackets or not), or a unix socket. */
export const address: SettingKind<string> = {
  allowed: 'a host name, an IP address, or unix:/path of at most 103 bytes',
  schema: { type: 'string' },
  parse: (given) => {
    const bracketed = /^\[([\da-f:.]+(?:%[\w.-]+)?)\]$/i.exec(given)?.[1]
    if (bracketed?.includes(':')) return bracketed
    if (given.startsWith('unix:')) return isSocketPath(given.slice(5)) ? given : refused
    return /^[\w.:%-]+$/.test(given) ? given : refused
  },
  shown: String,
}

/** A URL that is never shown, because the URL can hold a password. */
export function secretUrl(...protocols: readonly string[]): SettingKind<Secret> {
  return {
    allowed: `a URL of ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    schema: { type: 'string' },
    parse: (given) => {
      const url = URL.canParse(given) ? new URL(given) : undefined
      return url && protocols.includes(url.protocol) && url.hostname !== ''
        ? new Secret(given)
        : refused
    },
    shown: String,
    isSecret: true,
  }
}

/** From 1 to 65535. */
const portPattern = '(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5])'

/** `host:port` of a peer, an IPv6 host in brackets. */
export const peer: SettingKind<string> = pattern(
  new RegExp(`^(?:[\\w.-]+|\\[[\\da-f:.]+\\]):${portPattern}$`, 'i'),
  'host:port',
)

/** macOS has the shortest limit. */
function isSocketPath(given: string): boolean {
  return given.startsWith('/') && !given.includes('\0') && Buffer.byteLength(given) <= 103
}
