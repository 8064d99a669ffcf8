import { livePageLimits } from '../../limits/tools/live-page.ts'
import type { LiveDocument } from '../../model/live/live-document.ts'

type Facts = Pick<LiveDocument, 'pollSeconds'> & {
  readonly workers: readonly Pick<LiveDocument['workers'][number], 'state' | 'reportAgeSeconds'>[]
}

/**
 * Time from one request to the next, milliseconds. The exporter says how long. While a report is
 * late, the page asks sooner, because a worker that hangs should be red within three seconds. Where
 * many pages are open, the exporter asks for longer pauses, and the page follows.
 */
export function pauseMs(document: Facts): number {
  const { pollMs, longestPollMs, latePollMs } = livePageLimits
  const askedMs = Math.min(Math.max(document.pollSeconds * 1_000, pollMs), longestPollMs)
  return askedMs === pollMs && document.workers.some(isLate) ? latePollMs : askedMs
}

function isLate({ state, reportAgeSeconds }: Facts['workers'][number]): boolean {
  return state === 'running' && (reportAgeSeconds ?? 0) > livePageLimits.lateReportSeconds
}
