import { ageText, countText, durationText, rateText } from '../../../model/text/quantity.ts'
import type { Reading } from '../source/reading.ts'
import { type Line, span } from '../text/style.ts'
import { staleCount } from '../text/words.ts'

/** The headline as text, for pipes. */
export function headerText({ document, notes }: Reading, shownTarget: string): Line[] {
  const { title, kind, uptimeSeconds, headline, unread, awaited, hidden } = document
  const { requestsPerSecond, errorsPerSecond, inFlight, p50, p95, p99, workers } = headline
  const { live, listening, hanging, stopped, wanted } = workers
  const total = wanted === null ? `${live} live` : `${live} of ${wanted} live`
  const stale = staleCount(document.workers)
  const old = stale === 0 ? '' : `, ${stale} stale`
  const name = title === '' ? shownTarget : `${title}, ${shownTarget}`
  const hint = hidden === null ? [] : [`Stacks and messages are ${hidden}.`]
  return [
    `${name}: ${kind}, up ${ageText(uptimeSeconds)}`,
    `Workers: ${total}, ${listening} taking requests, ${hanging} hanging, ${stopped} stopped${old}`,
    `Requests: ${rateText(requestsPerSecond)}/s, errors ${rateText(errorsPerSecond)}/s, ` +
      `active ${countText(inFlight)}`,
    `Latency: p50 ${durationText(p50)}, p95 ${durationText(p95)}, p99 ${durationText(p99)}`,
    ...[...unread, ...awaited, ...notes, ...hint].map((note) => `Note: ${note}`),
  ].map((line) => [span(line)])
}
