import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { homeDirectory } from '../../../master/control/default-path.ts'
import { type Finding, finding, fine, skipped } from '../catalog/finding.ts'
import { hasPreload, isClusterWorker, isOfPm2 } from '../facts/process-role.ts'
import {
  type ProcessView,
  processesBelow,
  processView,
  shownProcess,
} from '../facts/process-view.ts'
import type { Target } from '../facts/target.ts'

export interface Pm2Facts {
  readonly daemon: ProcessView
  readonly instances: readonly ProcessView[]
}

/** Looks for a daemon of PM2, and for its instances with the preload. */
export function pm2Findings(target: Target): Finding[] {
  if (target.options.url) return [skipped('pm2', 'PM2', 'With --url, no process is looked at.')]
  const daemon = daemonOf(target)
  if (!daemon) return [skipped('pm2', 'PM2', 'No daemon of PM2 was found.')]
  return judgePm2({ daemon, instances: processesBelow([daemon.pid]) })
}

/** Judges the instances of a daemon. */
export function judgePm2({ daemon, instances }: Pm2Facts): Finding[] {
  const lookedAt = `the daemon of PM2, pid ${daemon.pid}`
  const observed = instances.filter(hasPreload)
  if (observed.length === 0) {
    return [fine('pm2', lookedAt, 'No instance of PM2 has the preload.')]
  }
  const lost = observed.filter((each) => isClusterWorker(each) && !hasDirectory(each))
  const [first] = lost
  if (first === undefined || hasPreload(daemon)) {
    const found = `Instances with the preload: ${observed.length}.`
    return [finding('pm2-instances', { lookedAt, found })]
  }
  const found = `Instances without a shared directory: ${lost.length} (${shownProcess(first)}).`
  return [finding('pm2-without-directory', { lookedAt, found })]
}

function hasDirectory({ environment = {} }: ProcessView): boolean {
  const names = ['PROMETHEUS_SHARED_DIR', 'SIDECAR_MODE', 'REDIS_ENABLED']
  return names.some((name) => (environment[name] ?? '').trim() !== '')
}

function daemonOf({ process: view, environment }: Target): ProcessView | undefined {
  if (view && isOfPm2(view)) {
    return view.environment?.['pm_id'] === undefined ? view : processView(view.parent)
  }
  const home = environment['PM2_HOME'] ?? join(homeDirectory() ?? '/', '.pm2')
  const daemon = processView(pidIn(join(home, 'pm2.pid')))
  return daemon && isOfPm2(daemon) ? daemon : undefined
}

function pidIn(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8').trim())
  } catch {
    return 0
  }
}
