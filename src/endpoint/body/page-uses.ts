/** Counts the readers of a page. After the last reader, later pages use the memory of the page. */
export class PageUses {
  readonly #onEnd: () => void
  #uses = 0

  /** @param onEnd called after the last reader. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  /** @returns the end of the use. Further calls of the end do nothing. */
  begin(): () => void {
    this.#uses += 1
    let hasEnded = false
    return () => {
      if (hasEnded) return
      hasEnded = true
      this.#uses -= 1
      if (this.#uses === 0) this.#onEnd()
    }
  }
}
