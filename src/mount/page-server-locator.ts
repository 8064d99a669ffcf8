import type { PageServerAddress } from '../relay/page-server-address.ts'

/** What a process knows of the page server. It asks when it needs to, once for all who wait. */
export class PageServerLocator {
  readonly #ask: () => void
  /** Bounded by mountLimits.mountedPages: each waits for a page of its own. */
  readonly #waiting = new Set<(address: PageServerAddress) => void>()
  #address: PageServerAddress | undefined

  /** @param ask asks for the page server, which `open` is then called with, or never. */
  constructor(ask: () => void) {
    this.#ask = ask
  }

  /** Calls back with the page server, perhaps at once. @returns how to wait no longer. */
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

  /** Nobody answers there any more. Another page server, told in the meantime, stays. */
  forget(address: PageServerAddress): void {
    if (address === this.#address) this.#address = undefined
  }
}
