import type { ToThread } from '../../exporter/thread-message.ts'
import { ownForkNumber } from '../../relay/report.ts'
import type { Transport } from '../../relay/reporter.ts'

/**
 * Carries the reports of this process to the exporter thread. A report needs no channel and no
 * acknowledgement.
 */
export function threadTransport(post: (message: ToThread) => void): Transport {
  const send = (text: string): void => post({ kind: 'report', forkNumber: ownForkNumber, text })
  return {
    send(text, done) {
      send(text)
      done()
    },
    sendLast(text) {
      send(text)
      return true
    },
  }
}
