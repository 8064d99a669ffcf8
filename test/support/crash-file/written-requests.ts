import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseCrashFile } from '../../../src/crash-file/reader.ts'

/** The requests that each worker has written to its crash file, by pid. */
export function writtenRequests(parent: string): Map<number, number> {
  const written = new Map<number, number>()
  for (const file of crashFiles(parent)) {
    const counts = parseCrashFile(readFileSync(file))
    const value = counts?.metrics[0]?.points[0]?.value
    if (counts !== undefined && typeof value === 'number') written.set(counts.source.pid, value)
  }
  return written
}

export function crashFiles(parent: string): string[] {
  const names = readdirSync(parent, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.counts')).map((name) => join(parent, name))
}
