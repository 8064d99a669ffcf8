/** The lateness of a 1 ms timer: the time that the event loop was busy. */
export class Lateness {
  #timer
  #worst = 0

  begin() {
    clearInterval(this.#timer)
    this.#worst = 0
    let last = performance.now()
    this.#timer = setInterval(() => {
      const now = performance.now()
      this.#worst = Math.max(this.#worst, now - last - 1)
      last = now
    }, 1)
  }

  /** The worst lateness since `begin`, milliseconds. */
  end() {
    clearInterval(this.#timer)
    return this.#worst
  }
}
