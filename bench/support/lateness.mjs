/** How late a 1 ms timer fires: what the event loop was busy with otherwise. */
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

  /** Milliseconds of the worst since `begin`. */
  end() {
    clearInterval(this.#timer)
    return this.#worst
  }
}
