import { isIntegerBetween, isRecord } from '../../support/guards.ts'

/** What an old master offers to its successor. Change the shape only together with `version`. */
export interface HandOverOffer {
  readonly version: 2
  /** The port of the old master on the loopback interface. */
  readonly port: number
  /** 64 hexadecimal digits. Never on the wire: the token encrypts the first lines. */
  readonly token: string
  /** The listening socket of the old endpoint; undefined where the old master has none. */
  readonly endpoint: OfferedEndpoint | undefined
}

/** The listening socket of an endpoint. */
interface OfferedEndpoint {
  readonly descriptor: number
  /** The configured address as JSON. A successor with another address opens its own socket. */
  readonly address: string
}

/** An offer with the pid of the old master, for the exporter thread of the successor. */
export interface Predecessor {
  readonly pid: number
  /** Undefined where the old master offers nothing, or in another version. */
  readonly offer: HandOverOffer | undefined
}

/** Returns undefined for any other value, such as an offer of another version. */
export function parseOffer(text: unknown): HandOverOffer | undefined {
  const value = parsed(text)
  if (!isRecord(value) || value['version'] !== 2) return undefined
  const { port, token } = value
  if (!isIntegerBetween(port, 1, 65_535) || !isToken(token)) return undefined
  return { version: 2, port, token, endpoint: parseEndpoint(value['endpoint']) }
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function parseEndpoint(value: unknown): OfferedEndpoint | undefined {
  if (!isRecord(value)) return undefined
  const { descriptor, address } = value
  if (!isIntegerBetween(descriptor, 3, mostDescriptors) || typeof address !== 'string')
    return undefined
  return { descriptor, address }
}

/** The largest limit of open files that Linux allows. */
const mostDescriptors = 2 ** 30

function parsed(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}
