import { type HandOverOffer, type Predecessor, parseOffer } from '../../share/hand-over/offer.ts'
import { firstDescriptor, listOf, socketsVariable } from '../sockets/inherited-sockets.ts'

/** The environment variable with the offer of a predecessor. */
const offerVariable = 'GUNICORN_HAND_OVER'

/** The entry of the endpoint's socket: a successor of another version closes the socket unused. */
const endpointEntry = 'metrics endpoint'

interface Sockets {
  /** For the successor, the descriptors start at 3, in this order. */
  readonly descriptors: readonly number[]
  /** The sockets in the same order: a list as JSON. */
  readonly text: string
}

/** The descriptors and variables for a successor. */
export interface Inheritance extends Sockets {
  readonly variables: Readonly<Record<string, string>>
}

/** The sockets of the application and of the endpoint, with the offer of the exporter. */
export function inheritanceOf(sockets: Sockets, offer: HandOverOffer | undefined): Inheritance {
  if (!offer) return { ...sockets, variables: {} }
  const { endpoint } = offer
  if (!endpoint) return { ...sockets, variables: { [offerVariable]: JSON.stringify(offer) } }
  const inherited = { ...endpoint, descriptor: firstDescriptor + sockets.descriptors.length }
  return {
    descriptors: [...sockets.descriptors, endpoint.descriptor],
    text: JSON.stringify([...listOf(sockets.text), endpointEntry]),
    variables: { [offerVariable]: JSON.stringify({ ...offer, endpoint: inherited }) },
  }
}

export interface Inherited {
  /** The list of the application's sockets; undefined without a predecessor. */
  readonly socketsText: string | undefined
  readonly predecessor: Predecessor | undefined
}

/**
 * Takes what a predecessor has left in the environment.
 * @param take returns a variable, and removes the variable: workers must not inherit the sockets.
 */
export function takeInheritance(take: (variable: string) => string | undefined): Inherited {
  const socketsText = take(socketsVariable)
  const offer = parseOffer(take(offerVariable))
  if (socketsText === undefined) return { socketsText, predecessor: undefined }
  const list = listOf(socketsText)
  const hasEndpoint = offer?.endpoint !== undefined && list.at(-1) === endpointEntry
  return {
    socketsText: hasEndpoint ? JSON.stringify(list.slice(0, -1)) : socketsText,
    predecessor: { pid: process.ppid, offer },
  }
}
