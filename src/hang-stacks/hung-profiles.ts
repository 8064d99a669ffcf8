import { closeSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import type { WorkersDirectory } from '../files/workers-directory.ts'
import { profileLimits } from '../limits/tools/profiles.ts'
import { MainThreadProfile } from '../profiles/main-thread-profile.ts'
import { OrderFiles } from '../profiles/order-files.ts'
import { ProfileFiles } from '../profiles/profile-files.ts'
import type { ProfileOrder } from '../profiles/profile-order.ts'
import { messageOf } from '../support/error-message.ts'

/** The worker of a watchdog. */
export interface WatchedWorker {
  readonly directory: WorkersDirectory
  readonly forkNumber: number
  readonly pid: number
}

/** In a watchdog: CPU profiles of a main thread that stands still, and reads no order. */
export class HungProfiles {
  readonly #worker: WatchedWorker
  readonly #orders: OrderFiles
  /** The number of the last order. */
  #last: number | undefined
  #isBusy = false

  constructor(worker: WatchedWorker) {
    this.#worker = worker
    this.#orders = new OrderFiles(worker.directory)
  }

  /** Looks for an order of the master. Takes one profile at a time. */
  look(): void {
    if (this.#isBusy) return
    const order = this.#order()
    if (order?.kind !== 'cpu' || order.number === this.#last) return
    this.#last = order.number
    this.#isBusy = true
    this.#take(order)
      .catch((error: unknown) => fail(order, messageOf(error)))
      .finally(() => {
        this.#isBusy = false
      })
  }

  async #take(order: ProfileOrder): Promise<void> {
    const { place, name, seconds, number } = order
    const files = new ProfileFiles(place, name)
    const file = files.begin()
    const stopping = new AbortController()
    const timer = setInterval(() => {
      if (this.#order()?.number !== number) stopping.abort()
    }, profileLimits.pollMs)
    try {
      const stopped = stopping.signal
      const text = await new MainThreadProfile(new Session()).take({ seconds, stopped })
      if (stopped.aborted) files.drop()
      else {
        writeFileSync(file, text)
        files.finish()
      }
    } finally {
      clearInterval(timer)
      closeSync(file)
    }
  }

  #order(): ProfileOrder | undefined {
    return this.#orders.read(this.#worker.forkNumber, this.#worker.pid)
  }
}

function fail({ place, name }: ProfileOrder, reason: string): void {
  try {
    new ProfileFiles(place, name).fail(reason)
  } catch {
    // The directory is gone or full. The master stops waiting in a while.
  }
}
