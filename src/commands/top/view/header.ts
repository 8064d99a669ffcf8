import type { LiveHeadline, LivePrimary } from '../../../model/live/live-document.ts'
import { clockText } from '../../../model/text/clock.ts'
import { ageText, countText, durationText, rateText } from '../../../model/text/quantity.ts'
import type { Reading, TopDocument } from '../source/reading.ts'
import type { History } from '../state/history.ts'
import type { TopState } from '../state/top-state.ts'
import { sparkline } from '../text/sparkline.ts'
import { columns, type Line, type Span, span, spread } from '../text/style.ts'
import { staleCount } from '../text/words.ts'

/** The state of the readings. */
export interface Progress {
  readonly shownTarget: string
  /** Why the last reading failed; undefined after a success. */
  readonly failure: string | undefined
  /** Age of the figures, seconds. */
  readonly ageSeconds: number
  /** Time until the next attempt after a failure, seconds. */
  readonly retrySeconds: number
}

/** Lines above the list. */
export function headerLines(
  reading: Reading,
  history: History,
  { width, progress, state }: HeaderContext,
): Line[] {
  const { document } = reading
  return [
    titleLine(reading, { width, progress, state }),
    workersLine(document),
    ...figureLines(document.headline, history, width),
    noticeLine(reading, { progress, state }),
  ]
}

export interface HeaderContext {
  readonly width: number
  readonly progress: Progress
  readonly state: TopState
}

function titleLine({ document }: Reading, { width, progress, state }: HeaderContext): Line {
  const { title, kind, uptimeSeconds, instance } = document
  const shown = instance ?? state.instance
  const left = [
    span(title === '' ? progress.shownTarget : title, 'bold'),
    ...(shown === null ? [] : [span(` · instance ${shown}`, 'bold')]),
    span(` · ${kindWords[kind]}, up ${ageText(uptimeSeconds)}`),
  ]
  const place = title === '' ? '' : progress.shownTarget
  const now = clockText(document.now)
  const long = [span(`${place}  every ${state.intervalSeconds}s  ${now}`, 'dim')]
  return columns(left) + columns(long) < width
    ? spread(left, long, width)
    : spread(left, [span(now, 'dim')], width)
}

const kindWords = {
  cluster: 'cluster',
  process: 'process without workers',
  sidecar: 'sidecar',
} as const

/** Trouble is first: a primary that hangs forks no worker, and may accept no connection. */
function workersLine({ primary, headline, workers }: TopDocument): Line {
  const { live, listening, hanging, stopped, wanted } = headline.workers
  const total = wanted === null ? `${live}` : `${live} of ${wanted}`
  const isShort = wanted !== null && live < wanted
  const idle = live - listening - hanging - stopped
  return [
    ...(primary?.state === 'hanging' ? primaryHangs(primary) : []),
    span('Workers  '),
    ...trouble(hanging, 'HANGING', 'bad'),
    ...trouble(stopped, 'STOPPED', 'bad'),
    ...trouble(staleCount(workers), 'stale', 'warn'),
    ...trouble(Math.max(0, idle), 'without requests', 'warn'),
    span(`${total} live`, isShort ? 'warn' : 'plain'),
    span(`, ${listening} taking requests`, listening === 0 ? 'bad' : 'plain'),
  ]
}

function primaryHangs({ pid, hang }: LivePrimary): Span[] {
  const time = hang === null ? '' : ` ${ageText(hang.seconds)}`
  return [span(`PRIMARY ${pid} HANGS${time}`, 'bad'), span('  ')]
}

function trouble(number: number, word: string, style: 'bad' | 'warn'): Span[] {
  return number === 0 ? [] : [span(`${number} ${word}`, style), span(', ')]
}

function figureLines(headline: LiveHeadline, history: History, width: number): Line[] {
  const { requestsPerSecond, errorsPerSecond, inFlight, p50, p95, p99 } = headline
  const isFailing = (errorsPerSecond ?? 0) > 0
  const requests = [span(`Requests ${rateText(requestsPerSecond)}/s`.padEnd(17), 'bold')]
  const errors = [
    span(`Errors ${rateText(errorsPerSecond)}/s`.padEnd(15), isFailing ? 'bad' : 'plain'),
  ]
  const active = [span(`Active ${countText(inFlight)}`.padEnd(12))]
  const times = [
    span(`Latency  p50 ${durationText(p50)}`.padEnd(20)),
    span(`p95 ${durationText(p95)}`.padEnd(11), 'bold'),
    span(`p99 ${durationText(p99)}`.padEnd(11)),
  ]
  // Sparklines take what the figures leave.
  const room = (used: number): number => Math.max(0, width - used)
  const shared = Math.floor(room(17 + 15 + 12 + 4) / 2)
  return [
    [
      ...requests,
      span(shared < 8 ? '' : `${sparkline(history.requests, shared)}  `, 'good'),
      ...errors,
      span(shared < 8 ? '' : `${sparkline(history.errors, shared)}  `, isFailing ? 'bad' : 'dim'),
      ...active,
    ],
    [...times, span(room(42) < 12 ? '' : `p95 ${sparkline(history.p95, room(46))}`, 'good')],
  ]
}

/** One line for what a person must know: a lost connection is before everything else. */
function noticeLine(
  { notes, document: { unread, awaited, hidden } }: Reading,
  { progress, state }: Omit<HeaderContext, 'width'>,
): Line {
  const { failure, ageSeconds, retrySeconds } = progress
  if (failure !== undefined) {
    const next = Math.ceil(retrySeconds)
    const when = `Figures are ${ageText(ageSeconds)} old, next attempt in ${next} s. `
    return [span('NO ANSWER ', 'bad'), span(`${when}${failure}`, 'bad')]
  }
  if (state.filterBefore !== undefined) return [span(`Filter: ${state.filter}_`, 'bold')]
  if (state.isPaused) return [span(`PAUSED ${ageText(ageSeconds)} ago. p goes on.`, 'warn')]
  const [lost] = unread
  if (lost !== undefined) return [span(lost, 'bad')]
  const [expected] = awaited
  if (expected !== undefined) return [span(expected, 'warn')]
  if (state.filter !== '') return [span(`Filter: ${state.filter}. Esc ends the filter.`, 'warn')]
  if (state.instance !== null) return [span('Esc shows all instances.', 'dim')]
  const [note] = notes
  if (note !== undefined) return [span(note, 'dim')]
  return hidden === null ? [] : [span(`Stacks and messages are ${hidden}.`, 'dim')]
}
