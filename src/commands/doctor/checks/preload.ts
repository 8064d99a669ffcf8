import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { failureOf } from '../../../files/failure-of.ts'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { type Finding, finding, fine, skipped, unknown } from '../catalog/finding.ts'
import { hasPreload, isClusterWorker, isMainEntry, isOfPm2 } from '../facts/process-role.ts'
import { type ProcessView, processesBelow, shownProcess } from '../facts/process-view.ts'
import { statusView } from '../facts/status-view.ts'
import type { Target } from '../facts/target.ts'

export interface PreloadFacts {
  /** The primary or single process. */
  readonly root: ProcessView
  readonly children: readonly ProcessView[]
  /** Pids of processes that have sent a report. */
  readonly reporting: readonly number[]
  /** Whether the endpoint of `root` answers: the preload can be in the code of a bundle. */
  readonly hasPage: boolean
  /** Whether `root` runs a command of this package. */
  readonly isOwnCommand: boolean
}

/** Looks for the preload in the processes of the application. */
export async function preloadFindings(target: Target): Promise<Finding[]> {
  const { process: root, options, holder, command } = target
  if (options.url) {
    return [skipped('preload', 'processes', 'With --url, no process is looked at.')]
  }
  const { kind } = await target.page
  const isExporter = kind.kind === 'exporter'
  if (!root || (options.pid === undefined && !isExporter)) return withoutProcess(target, isExporter)
  const status = isExporter && kind.status ? statusView(kind.status) : undefined
  const reporting = (status?.workers ?? [])
    .filter(({ reportAgeSeconds }) => reportAgeSeconds !== null)
    .flatMap(({ pid }) => pid ?? [])
  return judgePreload({
    root,
    children: processesBelow([root.pid]),
    reporting,
    hasPage: isExporter && holder?.pid === root.pid,
    isOwnCommand: command.name !== undefined || /\bcli\.cjs$/.test(root.command[1] ?? ''),
  })
}

/** Judges the processes of an application. */
export function judgePreload(facts: PreloadFacts): Finding[] {
  const { root, children } = facts
  const lookedAt = `${shownProcess(root)}, and its children`
  if (root.environment === undefined) {
    const remedy = 'Run doctor as the user of the process, or as root.'
    const found = 'This user may not read the variables of the process.'
    return [unknown('preload', lookedAt, { found, remedy })]
  }
  if (isMainEntry(root)) {
    const found = 'A flag preloads the main entry.'
    return [finding('preload-main-entry', { lookedAt, found })]
  }
  const workers = children.filter(isClusterWorker)
  const without = workers.filter(
    (worker) => !(facts.reporting.includes(worker.pid) || hasPreload(worker)),
  )
  const isPrimaryLoaded = isLoaded(facts)
  if (!isPrimaryLoaded && isOfPm2(root)) return [skipped('preload', lookedAt, 'See the check pm2.')]
  if (isPrimaryLoaded && without.length > 0) return [ofWorkers(without, lookedAt)]
  if (isPrimaryLoaded) return [fine('preload', lookedAt, loadedText(workers.length))]
  const id = workers.length > without.length ? 'primary-without-preload' : 'process-without-preload'
  return [finding(id, { lookedAt, found: 'No flag of the process has the preload.' })]
}

function loadedText(workers: number): string {
  if (workers === 0) return 'The process has the preload.'
  return `Workers: ${workers}. All have the preload.`
}

function isLoaded({ root, hasPage, isOwnCommand, reporting }: PreloadFacts): boolean {
  return hasPreload(root) || hasPage || isOwnCommand || reporting.includes(root.pid)
}

function ofWorkers(workers: readonly ProcessView[], lookedAt: string): Finding {
  const shown = workers.slice(0, doctorLimits.shownPids).map(({ pid }) => pid)
  const found = `Workers without the preload: ${workers.length} (pid ${shown.join(', ')}).`
  return finding('worker-without-preload', { lookedAt, found })
}

/** Without a process, the variable of this environment counts. */
function withoutProcess({ environment, options }: Target, isAnswering: boolean): Finding[] {
  if (options.pid !== undefined)
    return [skipped('preload', 'processes', 'See the check configuration.')]
  const lookedAt = 'NODE_OPTIONS of this environment'
  const directory = resolve('.')
  const named = /gunicorn-prometheus-exporter\/register/.test(environment['NODE_OPTIONS'] ?? '')
  const load = createRequire(join(directory, 'program.js'))
  const reason = failureOf(() => load.resolve('gunicorn-prometheus-exporter/register'))
  if (named && reason !== undefined) {
    const found = `${reason}.`
    return [finding('preload-unresolved', { lookedAt, found, words: { directory } })]
  }
  if (isAnswering) {
    const found = 'An exporter answers, and the system does not show its process to this user.'
    const remedy = 'Run doctor as the user of the application, or as root.'
    return [unknown('preload', 'processes', { found, remedy })]
  }
  const found = 'No process of the application was found.'
  return [unknown('preload', lookedAt, { found, remedy: 'Give --pid PID of the application.' })]
}
