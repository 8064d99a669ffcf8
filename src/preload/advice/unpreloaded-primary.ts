import { environment } from '../../config/environment.ts'
import {
  hasPreloadedParent,
  hasSidecarVariable,
  isForkedByPm2,
} from '../../config/preloaded-parent.ts'
import { parentVariable } from '../../config/variables.ts'
import { relayLimits } from '../../limits/relay.ts'
import { nodeClock } from '../../support/clock.ts'
import { unpreloadedPrimary } from './advice.ts'
import { tell } from './tell.ts'

/**
 * Warns, once in a cluster, if the primary of this worker has no preload.
 *
 * @returns a function to call at each message from the primary's preload. A primary that loads the
 * preload after a fork has handed nothing to the worker, and asks the worker for all values.
 */
export function watchPrimary(): () => void {
  const isPreloaded = hasPreloadedParent()
  // The application and its child processes find their own variables only.
  Reflect.deleteProperty(environment(), parentVariable)
  if (isPreloaded || hasOtherReader()) return () => {}
  return nodeClock.after(relayLimits.reportTimeoutMs, () => tell(unpreloadedPrimary))
}

/** A worker with a sidecar needs no primary. PM2 has a line of its own. */
function hasOtherReader(): boolean {
  return hasSidecarVariable() || isForkedByPm2() || environment()['pm_id'] !== undefined
}
