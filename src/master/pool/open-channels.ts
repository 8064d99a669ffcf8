import type { Worker } from 'node:cluster'
import { masterLimits } from '../../limits/master.ts'

/**
 * Ended workers whose channel is still open, for example because a child process holds the channel.
 * The exporter counts a worker until `'disconnect'`: a fork before would be an additional worker.
 */
export class OpenChannels {
  readonly #children = new Set<Worker['process']>()

  get count(): number {
    return this.#children.size
  }

  /** Acts when the channel of an ended process closes, or after a bounded wait. */
  afterClose(child: Worker['process'], act: () => void): void {
    if (!child.connected) {
      act()
      return
    }
    const closed = (): void => {
      clearTimeout(timer)
      if (this.#children.delete(child)) act()
    }
    this.#children.add(child)
    const timer = setTimeout(closed, masterLimits.disconnectMs)
    child.once('disconnect', closed)
  }
}
