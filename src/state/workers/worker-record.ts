import type { HangState } from '../../model/hang.ts'
import type { EndState, WorkerEnd } from '../../model/worker-end.ts'
import type { Silence } from './silence.ts'

export type WorkerRecordState = 'running' | HangState | EndState

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
type Listening =
  | 'no'
  /** The cluster said so. No later report has arrived. */
  | 'announced'
  /** The first report after the announcement said no. The report can be older. */
  | 'disputed'
  /** The last report said so. */
  | 'yes'

/** Whether reports show that the event loop of a process has turned. */
type Reporting =
  /** No report. The process can lack the preload. */
  | 'never'
  /** One report. A preloaded worker sends it before its program runs. */
  | 'starting'
  | 'running'

/** A worker, from the fork to the end of the retention; or a process that was not forked here. */
export interface WorkerRecord {
  readonly forkNumber: number
  /** False for the process of the state itself: alone, or as fork 0 beside workers. */
  readonly isForked: boolean
  /** Fork, or start of a process that was not forked here. Milliseconds of the monotonic clock. */
  readonly bornAt: number
  readonly slot: number
  pid: number | undefined
  /** Undefined where the worker's system shows no start time. */
  startTicks: string | undefined
  /** Until the first report, the second of the fork. */
  startSeconds: number
  reporting: Reporting
  listening: Listening
  /** Whether the primary accepts the connections of the worker. */
  needsPrimary: boolean
  presence: Presence
  /** Milliseconds of the monotonic clock; undefined before the process has ended. */
  exitedAt: number | undefined
  /** Milliseconds of the monotonic clock; undefined before the first report. */
  lastReportAt: number | undefined
  /**
   * When the worker last sent a report or told of a report that failed. Milliseconds of the
   * monotonic clock; undefined before the first report.
   */
  lastSignAt: number | undefined
  /** Undefined while the worker reports. */
  silence: Silence | undefined
  /** One entry for each state; the last entry is the present state. `since`: Unix seconds. */
  readonly states: { name: WorkerRecordState; since: number }[]
  end: WorkerEnd | undefined
  /** Milliseconds of the monotonic clock; 0 before the end. */
  endedAt: number
}

/** Properties of a record from its beginning on. */
export interface NewRecord
  extends Pick<WorkerRecord, 'forkNumber' | 'isForked' | 'bornAt' | 'slot' | 'startSeconds'> {
  readonly pid?: number | undefined
}

export function newRecord({ pid, ...born }: NewRecord): WorkerRecord {
  return {
    ...born,
    pid,
    startTicks: undefined,
    reporting: 'never',
    listening: 'no',
    needsPrimary: false,
    presence: 'connected',
    exitedAt: undefined,
    lastReportAt: undefined,
    lastSignAt: undefined,
    silence: undefined,
    states: [{ name: 'running', since: born.startSeconds }],
    end: undefined,
    endedAt: 0,
  }
}

export function stateOf({ states }: WorkerRecord): WorkerRecordState {
  return states.at(-1)?.name ?? 'running'
}

/** Whether the worker must report: it lives, and has a channel. */
export function isExpectedToReport(record: WorkerRecord): boolean {
  const state = stateOf(record)
  const isAlive = state === 'running' || state === 'hanging' || state === 'stopped'
  return isAlive && record.presence === 'connected'
}

/** Notes a report. */
export function noteReport(record: WorkerRecord, now: number): void {
  record.lastReportAt = now
  // The process of the state itself sends no report before its event loop turns.
  const isStarting = record.isForked && record.reporting === 'never'
  record.reporting = isStarting ? 'starting' : 'running'
  noteSign(record, now)
}

/** Notes that the event loop of the worker turns. */
export function noteSign(record: WorkerRecord, now: number): void {
  record.lastSignAt = now
  endSilence(record)
}

/** A program loads in one turn of the event loop, which can take longer than a report interval. */
export function isStarting({ reporting, listening }: WorkerRecord): boolean {
  return reporting === 'starting' && listening === 'no'
}

/** @param since Unix seconds. */
export function enterState(record: WorkerRecord, name: WorkerRecordState, since: number): void {
  if (stateOf(record) === name) return
  removeState(record, name)
  record.states.push({ name, since })
}

/** The worker reports again. `running` keeps the second of the start, so that its series stays. */
export function endSilence(record: WorkerRecord): void {
  record.silence = undefined
  const state = stateOf(record)
  if (state !== 'hanging' && state !== 'stopped') return
  const running = removeState(record, 'running')
  record.states.push(running ?? { name: 'running', since: record.startSeconds })
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

/**
 * Takes the cluster's event that the worker listens. Node emits no event for a socket that the
 * worker has for itself.
 * @param isRoundRobin whether the primary accepts the connections.
 */
export function announceListening(record: WorkerRecord, isRoundRobin: boolean): void {
  record.needsPrimary = isRoundRobin
  if (record.listening !== 'yes') record.listening = 'announced'
}

/** Takes what a report of the worker says. */
export function reportListening(record: WorkerRecord, isListening: boolean): void {
  // A worker that leaves takes no connections, although its servers may be open.
  if (stateOf(record) !== 'running') return
  if (isListening) record.listening = 'yes'
  else record.listening = record.listening === 'announced' ? 'disputed' : 'no'
}

/** Never below zero. */
export function secondsBetween(since: number, now: number): number {
  return Math.max(0, (now - since) / 1_000)
}

function removeState(
  { states }: WorkerRecord,
  name: WorkerRecordState,
): WorkerRecord['states'][number] | undefined {
  const index = states.findIndex((state) => state.name === name)
  return index < 0 ? undefined : states.splice(index, 1)[0]
}
