import type { Page } from '../../exposition/page.ts'

/** Counts who reads the bytes of a page. After the last reader, later pages use the memory. */
export class PageUses {
  readonly #page: Pick<Page, 'release'>
  #uses = 0

  constructor(page: Pick<Page, 'release'>) {
    this.#page = page
  }

  /** @returns the end of the use. Further calls of the end do nothing. */
  begin(): () => void {
    this.#uses += 1
    let hasEnded = false
    return () => {
      if (hasEnded) return
      hasEnded = true
      this.#uses -= 1
      if (this.#uses === 0) this.#page.release?.()
    }
  }
}
