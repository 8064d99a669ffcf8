import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { residentMegabytes } from '../chaos/process-table.ts'

/** Descriptors of a primary that may differ: connections of the test to the page. */
const spareDescriptors = 4
/** Memory that a primary may need for dead workers on the page, and keep, megabytes. */
const spareMegabytes = 80

export interface Resources {
  readonly descriptors: number
  readonly megabytes: number
}

/** @param port a port whose connections do not count. */
export function resourcesOf(pid: number, port: number): Resources {
  return { descriptors: descriptorsOf(pid, port), megabytes: residentMegabytes(pid) }
}

/** @throws where a process has more than before. */
export function assertFlat(before: Resources, after: Resources): void {
  const told = `${JSON.stringify(before)} before, ${JSON.stringify(after)} after`
  assert.ok(after.descriptors <= before.descriptors + spareDescriptors, told)
  assert.ok(after.megabytes <= before.megabytes + spareMegabytes, told)
}

/**
 * The primary of Node.js keeps each connection that it hands to a worker at its sudden end, also
 * without the exporter.
 */
function descriptorsOf(pid: number, port: number): number {
  const directory = `/proc/${pid}/fd`
  const connections = socketsAt(pid, port)
  return readdirSync(directory).filter((name) => {
    try {
      return !connections.has(readlinkSync(`${directory}/${name}`))
    } catch {
      return false
    }
  }).length
}

/** Connections of this port, as the links of descriptors show sockets. */
function socketsAt(pid: number, port: number): Set<string> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const rows = readFileSync(`/proc/${pid}/net/tcp`, 'latin1').split('\n').slice(1)
  const cells = rows.map((row) => row.trim().split(/\s+/))
  const listening = '0A'
  const own = cells.filter(([, from, , state]) => from?.endsWith(local) && state !== listening)
  return new Set(own.map((cell) => `socket:[${cell[9]}]`))
}
