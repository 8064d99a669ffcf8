import type { Line } from '../ipc.ts'
import { LastReports } from './last-report.ts'

export interface LeaveOptions {
  /** Of the worker that leaves it. */
  readonly age: number
  /** Where the primary looks for last reports; undefined where it does not. */
  readonly directory: string | undefined
  readonly warn: (text: string) => void
  readonly line?: Line
}

/** In a worker: how to leave a last report that the channel cannot take. Made at its start, while its primary lives. */
export function leaveLastReport({
  age,
  directory,
  warn,
  line = 'preload',
}: LeaveOptions): (text: string) => void {
  const primaryPid = process.ppid
  const reports = directory === undefined ? undefined : new LastReports(directory, primaryPid, line)
  return (text) => {
    // Without a primary there is nobody to read it.
    if (process.ppid !== primaryPid) return
    try {
      reports?.leave(age, text)
    } catch (error) {
      warn(`a last report is lost: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
