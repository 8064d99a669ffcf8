import { environment } from '../../config/environment.ts'
import { setImmediate } from '../../support/intrinsics/timers.ts'
import { preloadKey } from '../../support/preload-key.ts'
import { isMainThread } from '../../support/process/main-thread.ts'
import { mainEntry } from './advice.ts'
import { tell } from './tell.ts'

/**
 * Warns if a flag of Node.js preloads the main entry, and no flag preloads `/register`. An import
 * by the application is right without a preload.
 */
export function checkPreloadedEntry(): void {
  if (!isMainThread() || !isPreloaded()) return
  // Another flag can load the preload after the entry.
  setImmediate(() => {
    if (!(preloadKey in globalThis)) tell(mainEntry)
  }).unref()
}

/** `--require`, `-r` and `--import` with the bare name of the package. */
function isPreloaded(): boolean {
  const flags = [...process.execArgv, environment()['NODE_OPTIONS'] ?? ''].join(' ')
  return /(?:^|\s)(?:-r|--require|--import)[\s=]+"?gunicorn-prometheus-exporter"?(?:\s|$)/.test(
    flags,
  )
}
