import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { type Finding, finding, fine, unknown } from '../catalog/finding.ts'
import { shownPlace } from '../facts/place.ts'
import {
  type DeathView,
  type StatusView,
  statusView,
  type WorkerView,
} from '../facts/status-view.ts'
import type { Target } from '../facts/target.ts'

/** Looks at the workers, as the page tells about them. */
export async function workersFindings(target: Target): Promise<Finding[]> {
  const { kind } = await target.page
  const lookedAt = `/status at ${shownPlace(target.place)}`
  if (kind.kind !== 'exporter' || kind.status === undefined) {
    const found =
      kind.kind === 'exporter' ? 'The endpoint does not show /status.' : 'No exporter answers.'
    return [unknown('workers', lookedAt, { found })]
  }
  return judgeStatus(statusView(kind.status), lookedAt)
}

/** Judges the document of `/status`. @param now Unix milliseconds. */
export function judgeStatus(
  status: StatusView,
  lookedAt: string,
  now: number = Date.now(),
): Finding[] {
  const findings = [
    ...primaryFindings(status, lookedAt),
    ...status.workers.flatMap((worker) => workerFindings(worker, lookedAt)),
    ...listeningFindings(status, lookedAt),
    ...crashFindings(status.deaths, lookedAt, now),
    ...countFindings(status, lookedAt),
    ...serviceFindings(status, lookedAt),
  ]
  if (findings.length > 0) return findings
  const found = status.isSidecar
    ? 'The sidecar reads its origins.'
    : `Workers that report: ${status.workers.length}.`
  return [fine('workers', lookedAt, found)]
}

function primaryFindings({ primaryHangs }: StatusView, lookedAt: string): Finding[] {
  if (!primaryHangs) return []
  return [
    finding('primary-hanging', { lookedAt, found: 'The primary does not run its event loop.' }),
  ]
}

function workerFindings(worker: WorkerView, lookedAt: string): Finding[] {
  const { workerId, pid, state, heldBy, reportAgeSeconds: age, ageSeconds, listening } = worker
  const name = `Worker ${workerId} (pid ${pid})`
  const words = { pid: pid ?? 'PID' }
  const late = doctorLimits.reportAgeSeconds
  if (state === 'hanging') {
    const held = heldBy === null ? '' : `, held by ${heldBy}`
    const found = `${name} hangs: no report for ${shown(age ?? ageSeconds)} s${held}.`
    return [finding('worker-hanging', { lookedAt, found, words })]
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

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

function shown(seconds: number): string {
  return seconds.toFixed(1)
}
