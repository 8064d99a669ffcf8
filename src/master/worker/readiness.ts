import type { Address, Worker } from 'node:cluster'
import { masterLimits } from '../../limits/master.ts'
import { parseListening } from '../agent/listening-message.ts'

/** What a worker has told about its readiness. */
export class Readiness {
  readonly #onChange: () => void
  #told: readonly string[] = []
  /** UDP sockets, which the agent does not see. Bounded: see `#heard()`. */
  readonly #datagrams = new Set<string>()
  #saidReady = false

  constructor(worker: Worker, onChange: () => void) {
    this.#onChange = onChange
    worker.process.on('internalMessage', (message: unknown) => {
      const addresses = parseListening(message)
      if (addresses) this.#tell(addresses)
    })
    worker.on('listening', (address: Address) => this.#heard(address))
    // The application's own word, as for PM2: `process.send('ready')`.
    worker.on('message', (message: unknown) => {
      if (message === 'ready') this.#say()
    })
  }

  /** The addresses on which the worker listens, each as the application gave the address. */
  get addresses(): readonly string[] {
    return [...this.#told, ...this.#datagrams]
  }

  /** Whether the application sent `ready`. */
  get saidReady(): boolean {
    return this.#saidReady
  }

  #tell(addresses: readonly string[]): void {
    this.#told = addresses
    this.#onChange()
  }

  #say(): void {
    this.#saidReady = true
    this.#onChange()
  }

  #heard({ addressType, address, port }: Address): void {
    if (addressType !== 'udp4' && addressType !== 'udp6') return
    // An application can open UDP sockets on free ports without end.
    if (this.#datagrams.size >= masterLimits.addresses) return
    this.#datagrams.add(`${addressType}:${address}:${port}`)
    this.#onChange()
  }
}

/** The addresses on which each of the workers listens. */
export function commonAddresses(workers: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = workers
  return first.filter((address) => others.every((each) => each.includes(address)))
}
