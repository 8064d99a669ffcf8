import type { WorkersDirectory } from '../../files/workers-directory.ts'
import { messageOf } from '../../support/error-message.ts'
import { LastReports } from './last-report.ts'

export interface LeaveLastReportOptions {
  /** Of the worker. */
  readonly forkNumber: number
  /** Directory in which the primary reads last reports. Undefined: the primary reads none. */
  readonly directory: WorkersDirectory | undefined
  readonly warn: (text: string) => void
  /** Default: `process.ppid`. The value changes when the primary ends. */
  readonly parentPid?: () => number
}

/** @param isSent whether the report went over the channel, too. */
type LeaveLastReport = (text: string, isSent: boolean) => void

/**
 * In a worker, at the start: returns a function that writes a last report to a file. Call it while
 * the primary is the parent process.
 */
export function leaveLastReport({
  forkNumber,
  directory,
  warn,
  parentPid = () => process.ppid,
}: LeaveLastReportOptions): LeaveLastReport {
  const primaryPid = parentPid()
  const reports = directory && new LastReports(directory)
  return (text, isSent) => {
    // After the primary has ended, no process reads the file.
    if (parentPid() !== primaryPid) return
    try {
      reports?.leave(forkNumber, text)
    } catch (error) {
      if (!isSent) warn(`cannot write the last report of this worker: ${messageOf(error)}`)
    }
  }
}
