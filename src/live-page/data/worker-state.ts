import type { LiveWorker } from '../../model/live/live-document.ts'

/** A word, a sign and a tone: the color alone tells nothing. */
export interface ShownState {
  readonly word: string
  readonly sign: string
  readonly tone: 'good' | 'warn' | 'bad' | 'quiet'
}

export function workerState({
  state,
  listening,
}: Pick<LiveWorker, 'state' | 'listening'>): ShownState {
  if (state === 'hanging') return { word: 'hanging', sign: '▲', tone: 'bad' }
  if (state === 'stopped') return { word: 'stopped', sign: '■', tone: 'warn' }
  if (state !== 'running') return { word: state, sign: '◆', tone: 'warn' }
  if (listening) return { word: 'listening', sign: '●', tone: 'good' }
  return { word: 'running', sign: '○', tone: 'quiet' }
}
