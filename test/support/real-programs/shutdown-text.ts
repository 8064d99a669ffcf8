import type { ProgramRow } from './program-row.ts'

/** A line of the master's log. */
const logLine = /^\[[^\]]+\] \[\d+\] \[([A-Z]+)\] (.*)$/

/** How often each text of the row's hooks appears. */
export function countHooks({ hooks }: ProgramRow, output: string): number[] {
  return hooks.map((text) => output.split(text).length - 1)
}

/** Lines of the program's own stderr, without numbers, which differ between processes. */
export function ownLines({ noise }: ProgramRow, stderr: string): string[] {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !logLine.test(line))
  return lines.filter((line) => !noise?.test(line)).map((line) => line.replaceAll(/\d+/g, '0'))
}

/** Lines of the master's log that say more than INFO. */
export function alarms(stderr: string): string[] {
  return stderr.split('\n').filter((line) => {
    const level = logLine.exec(line)?.[1]
    return level !== undefined && level !== 'INFO' && level !== 'DEBUG'
  })
}
