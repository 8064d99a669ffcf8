import type { LiveWorker } from '../../../model/live/live-document.ts'
import { isStale } from '../../../model/live/stale-worker.ts'
import { workerName } from '../../../model/text/worker-name.ts'
import type { Style } from './style.ts'

/** What a state means for a person, the most urgent state first. */
export interface Condition {
  readonly word: string
  readonly style: Style
  /** 0: most urgent. */
  readonly urgency: number
}

const urgencies = { hanging: 0, stopped: 1, other: 2, notListening: 3, running: 4 } as const

export function workerCondition({ state, listening }: LiveWorker): Condition {
  if (state === 'hanging') return { word: 'HANGING', style: 'bad', urgency: urgencies.hanging }
  if (state === 'stopped') return { word: 'STOPPED', style: 'bad', urgency: urgencies.stopped }
  if (state !== 'running') return { word: state, style: 'warn', urgency: urgencies.other }
  if (!listening) return { word: 'no requests', style: 'warn', urgency: urgencies.notListening }
  return { word: 'running', style: 'plain', urgency: urgencies.running }
}

/** Workers of instances that have written nothing for a while: nobody knows whether they live. */
export function staleCount(workers: readonly LiveWorker[]): number {
  return workers.filter(isStale).length
}

/** What the label `reason` means. The codes are in docs/metrics.md. */
const reasonWords: Readonly<Record<string, string>> = {
  oom: 'out of memory',
  heap: 'heap full',
  timeout: 'hung, killed at the timeout',
  error: 'crashed',
  abort: 'aborted',
  exit: 'ended by itself',
  max_requests: 'renewed: max requests',
  max_memory: 'renewed: max memory',
  hup: 'renewed: reload',
  usr2: 'renewed: upgrade',
  ttou: 'one worker fewer',
  term: 'stopped: TERM',
  int: 'stopped: INT',
  quit: 'stopped: QUIT',
  winch: 'stopped: WINCH',
  halt: 'workers do not boot',
  sigkill: 'killed: SIGKILL',
  sigsegv: 'crashed: SIGSEGV',
  sigbus: 'crashed: SIGBUS',
  sigill: 'crashed: SIGILL',
  sigfpe: 'crashed: SIGFPE',
  sigterm: 'ended by SIGTERM',
}

export function reasonWord(reason: string, certainty: 'certain' | 'probable'): string {
  const word = Object.hasOwn(reasonWords, reason) ? reasonWords[reason] : undefined
  return `${word ?? reason}${certainty === 'probable' ? ', probably' : ''}`
}

export function deathStyle(restartType: string): Style {
  if (restartType === 'crash') return 'bad'
  return restartType === 'forced' ? 'warn' : 'plain'
}

export function instanceStyle(state: string): Style {
  return state === 'live' ? 'plain' : 'warn'
}

/** A name that fits: the second of the start is in the details. */
export function shortId(workerId: string, width: number): string {
  return workerId.length <= width ? workerId : workerName(workerId)
}
