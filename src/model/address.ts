/** Host and port as in a URL: an IPv6 address has brackets. */
export function hostWithPort(host: string, port: number | string): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * Whether two servers at these addresses cannot have the same port. A host name overlaps with
 * itself, and with the addresses that stand for all addresses.
 * @param one an IP address or a name. As in Node, undefined stands for all addresses.
 */
export function overlap(one: string | undefined, other: string | undefined): boolean {
  if (one === other || isEverything(one) || isEverything(other)) return true
  return coversVersion4(one, other) || coversVersion4(other, one)
}

/** All addresses of both versions of IP: Node's servers accept version 4 at `::`, too. */
function isEverything(address: string | undefined): boolean {
  return address === undefined || address === '::'
}

function coversVersion4(one: string | undefined, other: string | undefined): boolean {
  return one === '0.0.0.0' && /^[\d.]+$/.test(other ?? '')
}
