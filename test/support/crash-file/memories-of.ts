import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs'
import { parseMemory } from '../../../src/crash-file/memory/memory-reader.ts'

/** The number of descriptors of memories for counts that a process has. */
export function memoriesOf(pid: number | undefined): number {
  return pathsOf(pid).length
}

/** The requests that each worker of a primary has counted in memory, by pid. */
export function requestsInMemory(primary: number | undefined): Map<number, number> {
  const counted = new Map<number, number>()
  for (const path of pathsOf(primary)) {
    const counts = countsAt(path)
    if (typeof counts === 'string') continue
    const value = counts.metrics[0]?.points[0]?.value
    if (typeof value === 'number') counted.set(counts.source.pid, value)
  }
  return counted
}

function pathsOf(pid: number | undefined): string[] {
  const directory = `/proc/${pid}/fd`
  const paths = readdirSync(directory).map((descriptor) => `${directory}/${descriptor}`)
  return paths.filter((path) => {
    try {
      return readlinkSync(path).startsWith('/memfd:gunicorn')
    } catch {
      return false
    }
  })
}

function countsAt(path: string): ReturnType<typeof parseMemory> {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    // The primary has closed the memory of an ended worker.
    return 'unused'
  }
  try {
    return parseMemory((at, length) => {
      const bytes = new Uint8Array(length)
      readSync(file, bytes, 0, length, at)
      return bytes
    })
  } finally {
    closeSync(file)
  }
}
