import type { PageServerAddress } from '../relay/page-server-address.ts'

/** Finds the page server of this process. One question serves all pages that wait. */
export class PageServerLocator {
  readonly #ask: () => void
  /** Bounded by mountLimits.mountedPages: each page waits once. */
  readonly #waiting = new Set<(address: PageServerAddress) => void>()
  #address: PageServerAddress | undefined

  /** @param ask asks for the address. The answer, if any, arrives through `open`. */
  constructor(ask: () => void) {
    this.#ask = ask
  }

  /** Calls back with the address, possibly at once. @returns a function that stops the wait. */
  await(act: (address: PageServerAddress) => void): () => void {
    if (this.#address) {
      act(this.#address)
      return () => {}
    }
    this.#waiting.add(act)
    this.#ask()
    return () => this.#waiting.delete(act)
  }

  open(address: PageServerAddress): void {
    this.#address = address
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const act of waiting) act(address)
  }

  /** The page server at this address does not respond. A newer address stays. */
  forget(address: PageServerAddress): void {
    if (address === this.#address) this.#address = undefined
  }
}
