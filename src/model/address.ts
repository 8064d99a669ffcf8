/**
 * Whether two servers cannot have the same port at these addresses. A name may stand for several: it
 * overlaps with itself and with what takes every address.
 * @param one an IP address or a name; undefined is every address, as Node takes it.
 */
export function overlap(one: string | undefined, other: string | undefined): boolean {
  if (one === other || isEverything(one) || isEverything(other)) return true
  return coversVersion4(one, other) || coversVersion4(other, one)
}

/** Of both versions of IP, since Node's servers take version 4 there too. */
function isEverything(address: string | undefined): boolean {
  return address === undefined || address === '::'
}

function coversVersion4(one: string | undefined, other: string | undefined): boolean {
  return one === '0.0.0.0' && /^[\d.]+$/.test(other ?? '')
}
