/** A single timer: each start replaces the start before. */
export class Deadline {
  #timer: NodeJS.Timeout | undefined

  start(act: () => void, afterMs: number): void {
    this.stop()
    this.#timer = setTimeout(act, afterMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
