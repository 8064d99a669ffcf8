import { PrivateDirectory } from '../files/private-directory.ts'
import type { WorkersDirectory } from '../files/workers-directory.ts'
import { profileLimits } from '../limits/tools/profiles.ts'
import { type ProfileOrder, parseOrderText } from './profile-order.ts'

/**
 * Orders to workers whose event loops stand still, in the private directory of the primary. Such a
 * worker reads no message. The watchdog of the worker reads the file.
 */
export class OrderFiles {
  readonly #directory: PrivateDirectory

  constructor(directory: WorkersDirectory) {
    this.#directory = new PrivateDirectory(directory)
  }

  /** In the master. @throws where the file cannot be written. */
  write(forkNumber: number, order: ProfileOrder): void {
    this.#directory.replace(nameOf(forkNumber), JSON.stringify(order))
  }

  /** In the master: the order is done, or the client has gone. */
  remove(forkNumber: number): void {
    this.#directory.remove(nameOf(forkNumber))
  }

  /** In a worker. @returns undefined without a valid order for this process. */
  read(forkNumber: number, pid: number): ProfileOrder | undefined {
    const found = this.#directory.read(nameOf(forkNumber), profileLimits.messageBytes)
    if (typeof found === 'string') return undefined
    const order = parseOrderText(found.toString())
    return order?.pid === pid ? order : undefined
  }
}

function nameOf(forkNumber: number): string {
  return `${forkNumber}.profile.json`
}
