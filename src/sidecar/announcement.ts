import { randomUUID } from 'node:crypto'
import { clearTimeout, setTimeout } from 'node:timers'
import type { EndpointOptions } from '../endpoint/endpoint.ts'
import { shareLimits } from '../limits/share.ts'
import { removePresence, writePresence } from '../share/directory/sidecar-presence.ts'
import { errorCodeOf } from '../support/error-code.ts'
import { messageOf } from '../support/error-message.ts'
import { failureChanges } from '../support/failure-changes.ts'
import type { Stop } from '../support/stop.ts'

export interface AnnouncementOptions {
  readonly directory: string
  readonly address: EndpointOptions['address']
  readonly readsRedis: boolean
  /** Called with a text for the operator. */
  readonly onNotice: (text: string) => void
}

/** Tells the applications of the shared directory that this sidecar reads it. */
export function announce({ directory, address, ...options }: AnnouncementOptions): Stop {
  const port = address.kind === 'tcp' && address.port > 0 ? address.port : null
  const incarnation = randomUUID()
  let sequence = 0
  let timer: NodeJS.Timeout | undefined
  const reportChange = failureChanges({
    onFailing: (error) =>
      options.onNotice(
        'applications with PROMETHEUS_MULTIPROC_DIR cannot find this sidecar, ' +
          `trying again: ${error}`,
      ),
  })
  const write = (): void => {
    sequence += 1
    reportChange(
      attempt(() =>
        writePresence(directory, {
          version: 1,
          sequence,
          incarnation,
          port,
          readsRedis: options.readsRedis,
        }),
      ),
    )
    timer = setTimeout(write, shareLimits.presencePollMs)
  }
  write()
  return () => {
    clearTimeout(timer)
    attempt(() => removePresence(directory))
  }
}

/** @returns the text of the error. A missing directory is an error of the origin already. */
function attempt(act: () => void): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    return errorCodeOf(error) === 'ENOENT' ? undefined : messageOf(error)
  }
}
