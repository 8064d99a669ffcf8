import { readdirSync, readFileSync } from 'node:fs'

/* Reads of Linux's table of processes. A process that has ended gives nothing. */

export function isAlive(pid) {
  const state = /^State:\s+(\w)/m.exec(read(`/proc/${pid}/status`))?.[1]
  return state !== undefined && state !== 'Z' && state !== 'X'
}

export function childrenOf(pid) {
  const text = read(`/proc/${pid}/task/${pid}/children`)
  return text.split(' ').filter(Boolean).map(Number).filter(isAlive)
}

/** Of `run`, the guard of the workers is a child of the master too. */
export function workersOf(pid) {
  const children = childrenOf(pid)
  const workers = children.filter((child) => read(`/proc/${child}/cmdline`).includes('agent.cjs'))
  const isRun = read(`/proc/${pid}/cmdline`).includes('cli.cjs')
  return isRun ? workers : children
}

export function userOf(pid) {
  return Number(/^Uid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1])
}

export function umaskOf(pid) {
  return /^Umask:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]
}

export function descriptorCount(pid) {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Processes whose environment has this text. */
export function processesWith(text) {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids.filter((pid) => read(`/proc/${pid}/environ`).includes(text) && isAlive(pid))
}

/** Processor time of the processes so far, seconds. */
export function cpuSecondsOf(pids) {
  const ticks = pids.map((pid) => {
    const columns = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? []
    // utime, stime, and those of the ended children.
    return [11, 12, 13, 14].reduce((sum, column) => sum + Number(columns[column] ?? 0), 0)
  })
  return ticks.reduce((sum, each) => sum + each, 0) / 100
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
