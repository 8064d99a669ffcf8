import { type CountPlaces, moved } from './count-places.ts'
import { statusSlotOf, statusSlots, statusText } from './status-slots.ts'

/** Finished responses by status code; 0 stands for a code outside 1 to 999. */
export class StatusCounts {
  /** One number for each status code that was sent. */
  readonly #statuses: (Float64Array | undefined)[] = Array.from({ length: statusSlots })
  /** The sent codes, ascending: a report reads these and not all slots. */
  readonly #used: number[] = []
  /** The counts at the last `takeTouched`. Sparse. */
  readonly #taken: number[] = []
  #places: CountPlaces | undefined

  add(status: number): void {
    const slot = statusSlotOf(status)
    const numbers = this.#statuses[slot] ?? this.#create(slot)
    numbers[0] = (numbers[0] as number) + 1
  }

  *[Symbol.iterator](): Iterator<readonly [status: number, count: number]> {
    for (const status of this.#used) {
      const numbers = this.#statuses[status]
      if (numbers) yield [status, numbers[0] as number]
    }
  }

  moveTo(places: CountPlaces): void {
    this.#places = places
    for (const slot of this.#used) this.#place(slot, this.#statuses[slot])
  }

  /** Tells the numbers that changed since the last call. */
  takeTouched(touch: (numbers: Float64Array) => void): void {
    for (const slot of this.#used) {
      const numbers = this.#statuses[slot]
      if (numbers === undefined || this.#taken[slot] === numbers[0]) continue
      this.#taken[slot] = numbers[0] as number
      touch(numbers)
    }
  }

  #create(slot: number): Float64Array {
    this.#used.push(slot)
    this.#used.sort((a, b) => a - b)
    return this.#place(slot)
  }

  #place(slot: number, numbers: Float64Array = new Float64Array(1)): Float64Array {
    const series = { key: 'responses', attributes: { status_code: statusText(slot) } } as const
    const place = moved(numbers, series, this.#places)
    this.#statuses[slot] = place
    return place
  }
}
