import { readdirSync, readFileSync } from 'node:fs'

/** The workers of a master. A successor, and the guard of the workers, are children too. */
export function workersOf(pid: number): number[] {
  const text = read(`/proc/${pid}/task/${pid}/children`)
  const children = text.split(' ').filter(Boolean).map(Number)
  return children.filter((child) => isAlive(child) && isWorker(child))
}

function isWorker(pid: number): boolean {
  return read(`/proc/${pid}/cmdline`).includes('agent.cjs')
}

/** A process that has ended can wait for its parent. */
export function isAlive(pid: number): boolean {
  const state = /^State:\s+(\w)/m.exec(read(`/proc/${pid}/status`))?.[1]
  return state !== undefined && state !== 'Z' && state !== 'X'
}

export function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])
}

export function residentMegabytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]) / 1_024
}

export function descriptorCount(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return Number.NaN
  }
}

/** Processes whose environment has this text. */
export function processesWith(text: string): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((pid) => read(`/proc/${pid}/environ`).includes(text) && isAlive(pid))
}

/** Empty for a process that has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
