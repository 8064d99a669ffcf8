import { SocketAddress } from 'node:net'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { hostWithPort } from '../../model/address.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { type ActivationValues, type GivenDescriptor, parseActivation } from './activation.ts'
import type { ListenQuery } from './cluster-message.ts'
import type { Inherited } from './inherited-sockets.ts'
import { addressOf, type BoundAddress } from './socket-table.ts'

/** A socket of the service manager on which no worker has listened yet. */
interface Offer extends GivenDescriptor {
  readonly address: BoundAddress | undefined
}

/**
 * The sockets of the service manager, offered to the first calls of `listen()`. A socket with the
 * asked address comes first. The other sockets follow in their order.
 */
export class ActivatedSockets {
  readonly #log: Pick<GunicornLog, 'write'>
  readonly #offers: Offer[]
  #telling: NodeJS.Timeout | undefined

  constructor(values: ActivationValues, log: Pick<GunicornLog, 'write'>) {
    this.#log = log
    const { descriptors, faults } = parseActivation(values, process.pid)
    const offers = descriptors.map((given) => ({
      ...given,
      address: addressOf(given.descriptor),
    }))
    for (const fault of faults) log.write('error', coded('GPE_LISTEN_FDS', fault))
    for (const { descriptor, address } of offers) {
      if (address?.kind !== 'other') continue
      const text = `Descriptor ${descriptor} of LISTEN_FDS does not accept connections.`
      log.write('error', coded('GPE_LISTEN_FDS', text))
    }
    this.#offers = offers.filter(({ address }) => address?.kind !== 'other')
    if (this.#offers.length > 0) log.write('info', `Sockets of LISTEN_FDS: ${this.#names()}`)
  }

  take(query: ListenQuery): Inherited | undefined {
    const exact = this.#offers.findIndex((offer) => isAsked(offer, query))
    // An application that names a descriptor wants no other descriptor.
    const index = exact >= 0 || query.descriptor !== undefined ? exact : 0
    const [offer] = index < 0 ? [] : this.#offers.splice(index, 1)
    return offer && { descriptor: offer.descriptor, origin: 'activation' }
  }

  /** Logs the sockets that no worker has asked for in a while, once. */
  tellUnused(afterMs: number): void {
    if (this.#offers.length === 0 || this.#telling) return
    this.#telling = setTimeout(() => {
      if (this.#offers.length === 0) return
      const text = `No worker listens on sockets of LISTEN_FDS: ${this.#names()}`
      this.#log.write('warning', coded('GPE_LISTEN_FDS_UNUSED', text))
    }, afterMs)
  }

  #names(): string {
    return this.#offers.map(nameOf).join(', ')
  }
}

function isAsked({ descriptor, address }: Offer, query: ListenQuery): boolean {
  if (query.descriptor !== undefined) return query.descriptor === descriptor
  if (address?.kind === 'unix') return query.port === -1 && address.path === query.address
  if (address?.kind !== 'tcp' || address.port !== query.port) return false
  const [bound, asked] = [address.address, query.address]
  return asked === undefined || isAny(bound) || isAny(asked) || bound === canonical(asked)
}

function isAny(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}

function canonical(address: string): string {
  return address.includes(':') ? new SocketAddress({ family: 'ipv6', address }).address : address
}

function nameOf({ descriptor, name, address }: Offer): string {
  return [name ?? `descriptor ${descriptor}`, textOf(address)].filter(Boolean).join(' ')
}

function textOf(address: BoundAddress | undefined): string {
  if (address?.kind === 'unix') return address.path
  return address?.kind === 'tcp' ? hostWithPort(address.address, address.port) : ''
}
