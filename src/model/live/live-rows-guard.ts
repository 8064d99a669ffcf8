import { liveReadLimits } from '../../limits/tools/live.ts'
import type { Fields } from './fields.ts'
import type { LiveDeath, LiveHang, LiveInstance, LiveRoute, LiveWorker } from './live-document.ts'

export function liveWorkerOf(fields: Fields): LiveWorker {
  return {
    ...fields.texts(['key', 'workerId', 'state']),
    ...fields.figures([
      ...(['pid', 'ageSeconds', 'reportAgeSeconds'] as const),
      ...(['requests', 'requestsPerSecond', 'inFlight', 'cpuPercent'] as const),
      ...(['memoryBytes', 'heapUsedBytes', 'heapLimitBytes', 'loopDelaySeconds'] as const),
    ]),
    instance: fields.textOrNull('instance'),
    listening: fields.flag('listening'),
    hang: liveHangOf(fields.recordOrNull('hang')),
  }
}

/** The hang of a worker or of a death, in `/live` and in `/status`. */
export function liveHangOf(fields: Fields | null): LiveHang | null {
  if (fields === null) return null
  return {
    ...fields.counts(['seconds']),
    heldBy: fields.textOrNull('heldBy'),
    stack: fields.textOrNull('stack'),
  }
}

export function liveRouteOf(fields: Fields): LiveRoute {
  return {
    ...fields.texts(['method', 'route']),
    ...fields.counts(['requests', 'errors']),
    ...fields.figures(['requestsPerSecond', 'p50', 'p95', 'p99', 'errorsPerSecond']),
    quantilesOf: fields.text('quantilesOf') === 'all' ? 'all' : 'recent',
    errorTypes: fields
      .list('errorTypes', liveReadLimits.errorTypes)
      .map((each) => ({ ...each.texts(['errorType']), ...each.counts(['count']) })),
  }
}

export function liveDeathOf(fields: Fields): LiveDeath {
  return {
    ...fields.texts(['workerId', 'reason', 'restartType', 'end']),
    ...fields.figures(['pid', 'requests', 'memoryBytes']),
    ...fields.counts(['endedAt', 'ageSeconds']),
    certainty: fields.text('certainty') === 'probable' ? 'probable' : 'certain',
    error: liveErrorOf(fields.recordOrNull('error')),
    hang: liveHangOf(fields.recordOrNull('hang')),
  }
}

/** The error of a death, in `/live` and in `/status`. */
export function liveErrorOf(fields: Fields | null): LiveDeath['error'] {
  if (fields === null) return null
  return {
    name: fields.text('name'),
    message: fields.textOrNull('message'),
    stack: fields.textOrNull('stack'),
  }
}

export function liveInstanceOf(fields: Fields): LiveInstance {
  return {
    ...fields.texts(['instance', 'state', 'origin']),
    ...fields.figures(['ageSeconds', 'workers', 'requests', 'requestsPerSecond']),
    ...fields.figures(['errorsPerSecond']),
  }
}
