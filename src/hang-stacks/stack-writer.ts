import { BroadcastChannel } from 'node:worker_threads'
import { HangFiles } from './hang-files.ts'
import { movedText } from './hang-message.ts'
import type { HangDestination } from './watchdog-data.ts'

/** Writes the stacks of one process to the place where its exporter thread finds them. */
export class StackWriter {
  /** @throws if the text cannot be written. */
  readonly write: (text: string) => void
  /** Takes the last text back. */
  readonly remove: () => void

  constructor(destination: HangDestination) {
    if (destination.kind === 'channel') {
      const channel = new BroadcastChannel(destination.name)
      this.write = (text) => channel.postMessage(text)
      // A primary may have nothing to report: no report would show that its event loop moves.
      this.remove = () => channel.postMessage(movedText)
      return
    }
    const { directory, forkNumber } = destination
    const files = new HangFiles(directory)
    this.write = (text) => files.write(forkNumber, text)
    this.remove = () => files.remove(forkNumber)
  }
}
