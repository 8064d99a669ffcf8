import type { EndState, WorkerEnd } from '../../model/worker-end.ts'

export type WorkerRecordState = 'running' | EndState

/** A process, as its primary sees it. */
type Presence =
  | 'connected'
  /** The channel has closed. The process may live on. */
  | 'disconnected'
  /** The channel has closed, and the primary has forked the replacement. */
  | 'replaced'
  /** The process has ended. Its last report may follow. */
  | 'exited'

/** Whether the worker takes connections, by the cluster's event and by the worker's own reports. */
export type Listening =
  | 'no'
  /** The cluster said so. No later report has arrived. */
  | 'announced'
  /** The first report after the announcement said no. The report can be older. */
  | 'disputed'
  /** The last report said so. */
  | 'yes'

/** A worker, from the fork to the end of the retention; or a process that was not forked here. */
export interface WorkerRecord {
  readonly forkNumber: number
  /** Unix milliseconds; undefined for a process that was not forked here. */
  readonly forkedAt: number | undefined
  readonly slot: number
  pid: number | undefined
  /** Until the first report, the second of the fork. */
  startSeconds: number
  listening: Listening
  presence: Presence
  /** Unix milliseconds; undefined before the first report. */
  lastReportAt: number | undefined
  readonly states: { name: WorkerRecordState; since: number }[]
  end: WorkerEnd | undefined
  /** Unix milliseconds; 0 before the end. */
  endedAt: number
}

/** @param at Unix milliseconds of the fork, or of the first report of a process not forked here. */
export function newRecord(forkNumber: number, slot: number, at: number): WorkerRecord {
  const startSeconds = Math.floor(at / 1_000)
  return {
    forkNumber,
    forkedAt: undefined,
    slot,
    pid: undefined,
    startSeconds,
    listening: 'no',
    presence: 'connected',
    lastReportAt: undefined,
    states: [{ name: 'running', since: startSeconds }],
    end: undefined,
    endedAt: 0,
  }
}

export function stateOf({ states }: WorkerRecord): WorkerRecordState {
  return states.at(-1)?.name ?? 'running'
}

/** @param at Unix milliseconds. */
export function enterState(record: WorkerRecord, name: EndState, at: number): void {
  if (stateOf(record) !== name) record.states.push({ name, since: Math.floor(at / 1_000) })
}

export function disconnect(record: WorkerRecord): void {
  if (record.presence === 'connected') record.presence = 'disconnected'
}

/** The lowest slot without a worker. A worker has its slot until its last report has arrived. */
export function freeSlot(records: Iterable<WorkerRecord>): number {
  const open = [...records].filter(({ end }) => !end)
  const taken = new Set(open.map(({ slot }) => slot))
  let slot = 1
  while (taken.has(slot)) slot += 1
  return slot
}

/** Takes the cluster's event that the worker listens. */
export function announceListening(record: WorkerRecord): void {
  if (record.listening !== 'yes') record.listening = 'announced'
}

/** Takes what a report of the worker says. */
export function reportListening(record: WorkerRecord, isListening: boolean): void {
  // A worker that leaves takes no connections, although its servers may be open.
  if (stateOf(record) !== 'running') return
  if (isListening) record.listening = 'yes'
  else record.listening = record.listening === 'announced' ? 'disputed' : 'no'
}

/** Never below zero, even when the clock is set back. */
export function secondsBetween(since: number, now: number): number {
  return Math.max(0, (now - since) / 1_000)
}
