import type { Readiness } from '../endpoint/routes.ts'
import type { WorkerCounts } from '../state/workers/worker-counts.ts'

/**
 * A process is ready while it, or one of its workers, takes new connections and reports.
 * @param primaryHangs whether the main thread of the primary stands still.
 */
export function readinessOf(counts: WorkerCounts, primaryHangs: boolean): Readiness {
  if (counts.isClosing) return { isReady: false, text: 'The master ends soon.' }
  return servingReadiness(counts, primaryHangs)
}

function servingReadiness(counts: WorkerCounts, primaryHangs: boolean): Readiness {
  const { own, handsOver, listening, hanging, stopped, live, configured } = counts
  if (own === 'serving' && !hasServingWorkers(counts))
    return { isReady: true, text: 'This process serves by itself.' }
  if (own === 'hanging' && live === 0)
    return { isReady: false, text: 'The event loop of this process stands still.' }
  if (primaryHangs && live > 0 && (handsOver || counts.independent === 0))
    return { isReady: false, text: primaryText }
  const hangs = countText('Hanging', hanging) + countText('Stopped', stopped)
  const serving = live - hanging - stopped
  // A worker takes no connection before the primary hands it the first.
  if (handsOver && serving > 0)
    return { isReady: true, text: `The primary hands sockets to ${serving} workers.${hangs}` }
  const workers = `${listening} of ${configured} workers.${hangs}`
  return listening > 0
    ? { isReady: true, text: `Listening: ${workers}` }
    : { isReady: false, text: `No worker listens: ${workers}` }
}

/** If workers serve, the primary's own server can be for administration only. */
function hasServingWorkers({ haveListened, configured }: WorkerCounts): boolean {
  return haveListened && configured > 0
}

const primaryText =
  'The event loop of the primary stands still: no new connection reaches a worker.'

function countText(state: string, count: number): string {
  return count === 0 ? '' : ` ${state}: ${count}.`
}
