import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { type Finding, finding, fine, skipped, unknown } from '../catalog/finding.ts'
import { shownPlace } from '../facts/place.ts'
import {
  type DeathView,
  type HangView,
  type StatusView,
  statusView,
  type WorkerView,
} from '../facts/status-view.ts'
import type { Target } from '../facts/target.ts'

/** Looks at the workers, as the page tells about them. */
export async function workersFindings(target: Target): Promise<Finding[]> {
  const { kind } = await target.page
  const lookedAt = `/status at ${shownPlace(target.place)}`
  if (kind.kind !== 'exporter') return [skipped('workers', lookedAt, 'No exporter answers.')]
  if (kind.status === undefined) {
    return [unknown('workers', lookedAt, { found: 'The endpoint does not show /status.' })]
  }
  return judgeStatus(statusView(kind.status), { lookedAt, pid: target.process?.pid })
}

export interface Judgement {
  readonly lookedAt: string
  /** The process of the endpoint; undefined where the system does not show the process. */
  readonly pid?: number | undefined
  /** Unix milliseconds. */
  readonly now?: number
}

/** Judges the document of `/status`. */
export function judgeStatus(status: StatusView, judgement: Judgement): Finding[] {
  const { lookedAt, now = Date.now() } = judgement
  const findings = [
    ...primaryFindings(status, judgement),
    ...status.workers.flatMap((worker) => workerFindings(worker, lookedAt)),
    ...listeningFindings(status, lookedAt),
    ...crashFindings(status.deaths, lookedAt, now),
    ...countFindings(status, lookedAt),
    ...serviceFindings(status, lookedAt),
    ...placeFindings(status, lookedAt),
  ]
  if (findings.length > 0) return findings
  const found = status.isSidecar
    ? 'The sidecar reads its origins.'
    : `Workers that report: ${status.workers.length}.`
  const inMemory = status.workers.filter(({ counts }) => counts?.place === 'memory').length
  const places = inMemory > 0 ? ` Workers with counts in memory: ${inMemory}.` : ''
  return [fine('workers', lookedAt, `${found}${places}`)]
}

/** The only process of an application is its own worker: one fault is told once. */
function primaryFindings({ primaryHang, workers }: StatusView, judgement: Judgement): Finding[] {
  const [only] = workers
  const isSingle = workers.length === 1 && (only?.pid ?? 0) === judgement.pid
  if (!primaryHang || (isSingle && only?.state === 'hanging')) return []
  const found = `The primary does not run its event loop${heldText(primaryHang)}.`
  const id = isHeld(primaryHang) ? 'primary-held' : 'primary-hanging'
  return [finding(id, { lookedAt: judgement.lookedAt, found })]
}

function isHeld({ heldBy, isHidden }: HangView): boolean {
  return isHidden || heldBy !== undefined
}

function heldText({ heldBy, isHidden }: HangView): string {
  if (heldBy !== undefined) return `, held by ${heldBy}`
  return isHidden ? '. The endpoint hides the code; stderr of the application names it' : ''
}

function workerFindings(worker: WorkerView, lookedAt: string): Finding[] {
  const { workerId, pid, state, hang, reportAgeSeconds: age, ageSeconds, listening } = worker
  const name = `Worker ${workerId} (pid ${pid})`
  const words = { pid: pid ?? 'PID' }
  const late = doctorLimits.reportAgeSeconds
  if (state === 'hanging') {
    const found = `${name} hangs: no report for ${shown(age ?? ageSeconds)} s${heldText(hang)}.`
    return [finding(isHeld(hang) ? 'worker-held' : 'worker-hanging', { lookedAt, found, words })]
  }
  if (state === 'stopped') {
    return [finding('worker-stopped', { lookedAt, found: `${name} is stopped.`, words })]
  }
  if (age === null && listening && ageSeconds > late) {
    const found = `${name} listens and has sent no report for ${shown(ageSeconds)} s.`
    return [finding('worker-without-reports', { lookedAt, found })]
  }
  if (age === null || age <= late) return []
  const found = `The last report of ${name} is ${shown(age)} s old.`
  return [finding('worker-report-old', { lookedAt, found })]
}

function listeningFindings({ workers, isSidecar }: StatusView, lookedAt: string): Finding[] {
  if (isSidecar || workers.some(({ listening }) => listening)) return []
  // These have findings of their own.
  if (workers.some(({ state }) => state === 'hanging' || state === 'stopped')) return []
  const found = `Workers: ${workers.length}. None listens.`
  return [finding('no-worker-listens', { lookedAt, found })]
}

function crashFindings(deaths: readonly DeathView[], lookedAt: string, now: number): Finding[] {
  const { crashes, crashSeconds } = doctorLimits
  const recent = deaths.filter(
    ({ restartType, endedAt }) => restartType === 'crash' && now - endedAt < 1_000 * crashSeconds,
  )
  if (recent.length < crashes) return []
  const last = [...recent].sort((one, other) => other.endedAt - one.endedAt)[0]
  const error = last?.error === undefined ? '' : `, ${last.error}`
  const found = `Crashes: ${recent.length}. The last one: ${last?.reason}${error}.`
  return [finding('workers-crash', { lookedAt, found })]
}

function countFindings({ droppedSeries, faults }: StatusView, lookedAt: string): Finding[] {
  return [
    ...(Object.keys(droppedSeries).length === 0
      ? []
      : [finding('series-dropped', { lookedAt, found: `Left out: ${listed(droppedSeries)}.` })]),
    ...(Object.keys(faults).length === 0
      ? []
      : [finding('exporter-faults', { lookedAt, found: `Faults: ${listed(faults)}.` })]),
  ]
}

function serviceFindings(status: StatusView, lookedAt: string): Finding[] {
  const { redisError, pushError, failingOrigins } = status
  return [
    ...(redisError === undefined
      ? []
      : [finding('redis-of-process', { lookedAt, found: `Redis: ${redisError}.` })]),
    ...(pushError === undefined
      ? []
      : [finding('push-of-process', { lookedAt, found: `Push: ${pushError}.` })]),
    ...failingOrigins.map((text) => finding('origin-fails', { lookedAt, found: `${text}.` })),
  ]
}

/** A worker that starts has no place yet. */
function placeFindings({ workers }: StatusView, lookedAt: string): Finding[] {
  const rows = [
    ['file', 'counts-in-files'],
    ['nowhere', 'counts-nowhere'],
  ] as const
  return rows.flatMap(([place, id]) => {
    const found = workers.filter(
      ({ counts, reportAgeSeconds }) => reportAgeSeconds !== null && counts?.place === place,
    )
    const reason = found[0]?.counts?.notInMemory ?? 'no reason given'
    const text = `Workers: ${found.length} of ${workers.length}. Not in memory: ${reason}.`
    return found.length === 0 ? [] : [finding(id, { lookedAt, found: text })]
  })
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

function shown(seconds: number): string {
  return seconds.toFixed(1)
}
