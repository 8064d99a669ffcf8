import type { Details } from '../endpoint/details.ts'
import { type Death, endText } from '../model/death.ts'
import type { Standstill } from '../model/hang.ts'
import type { LiveDeath, LiveHang } from '../model/live/live-document.ts'

/** Leaves out the error's message, and stacks, unless the client may see details. */
export function liveDeath(death: Death, details: Details): LiveDeath {
  const { error, hang, endedAt, reason, certainty, restartType } = death
  const isShown = details === 'shown'
  return {
    ...{ workerId: death.workerId, pid: death.pid, reason, certainty, restartType },
    end: endText(death),
    endedAt: Date.parse(endedAt),
    ageSeconds: death.ageSeconds,
    requests: death.requests,
    memoryBytes: death.memoryBytes,
    error: error && {
      name: error.name,
      message: isShown ? error.message : null,
      stack: isShown ? error.stack : null,
    },
    hang: hang && liveHang(hang, details),
  }
}

/** Leaves out the stack, which has names of files, unless the client may see details. */
export function liveHang({ seconds, heldBy, stack }: Standstill, details: Details): LiveHang {
  return details === 'shown' ? { seconds, heldBy, stack } : { seconds, heldBy: null, stack: null }
}
