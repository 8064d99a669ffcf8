import { pushLimits } from '../limits/push.ts'

export interface RequestSizeLimits {
  readonly pushPoints: number
  readonly pushesUntilLarger: number
}

/** Data points of a request. Falls after refusals for the size, and rises slowly. */
export class RequestSize {
  readonly #limits: RequestSizeLimits
  #points: number
  /** The value at the end of the last push. */
  #before: number
  /** In this push. */
  #largestAccepted = 0
  /** Pushes without a refusal. */
  #calmPushes = 0

  constructor(limits: RequestSizeLimits = pushLimits) {
    this.#limits = limits
    this.#points = limits.pushPoints
    this.#before = limits.pushPoints
  }

  /** Limit of a request. */
  get points(): number {
    return this.#points
  }

  accepted(points: number): void {
    this.#largestAccepted = Math.max(this.#largestAccepted, points)
  }

  /**
   * The receiver refused a request of so many points for its size.
   * @returns whether smaller requests help. Otherwise a single metric is too large: the receiver
   * has accepted as many points of others.
   */
  refused(points: number): boolean {
    if (points <= Math.max(1, this.#largestAccepted)) return false
    this.#calmPushes = 0
    this.#points = Math.min(this.#points, Math.floor(points / 2))
    return true
  }

  /**
   * The receiver refused a request of so many points, and then accepted both halves: the cause is
   * the size, or two metrics together. A receiver that has accepted as many points in this push
   * refuses now and then, for example one of several replicas.
   */
  refusedWhole(points: number): void {
    if (points <= this.#largestAccepted) return
    this.#calmPushes = 0
    this.#points = Math.min(this.#points, Math.max(1, Math.floor(points / 2)))
  }

  /**
   * @param isKnown whether the receiver accepted something. Otherwise the size was not the cause.
   */
  endPush(isKnown: boolean): void {
    if (!isKnown) this.#points = this.#before
    this.#calmPushes += 1
    if (this.#calmPushes > this.#limits.pushesUntilLarger) this.#enlarge()
    this.#before = this.#points
    this.#largestAccepted = 0
  }

  #enlarge(): void {
    this.#calmPushes = 0
    this.#points = Math.min(this.#limits.pushPoints, Math.ceil(1.25 * this.#points))
  }
}
