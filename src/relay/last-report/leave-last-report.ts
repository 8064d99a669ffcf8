import type { ReportStream } from '../../model/report-stream.ts'
import { LastReports } from './last-report.ts'

export interface LeaveLastReportOptions {
  /** Of the worker that leaves it. */
  readonly forkNumber: number
  /** Where the primary looks for last reports; undefined where it does not. */
  readonly directory: string | undefined
  readonly warn: (text: string) => void
  readonly line?: ReportStream
}

/** In a worker: how to leave a last report that the channel cannot take. Made at its start, while its primary lives. */
export function leaveLastReport({
  forkNumber,
  directory,
  warn,
  line = 'preload',
}: LeaveLastReportOptions): (text: string) => void {
  const primaryPid = process.ppid
  const reports = directory === undefined ? undefined : new LastReports(directory, primaryPid, line)
  return (text) => {
    // Without a primary there is nobody to read it.
    if (process.ppid !== primaryPid) return
    try {
      reports?.leave(forkNumber, text)
    } catch (error) {
      warn(`a last report is lost: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
