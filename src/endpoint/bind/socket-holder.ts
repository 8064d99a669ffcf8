import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { endpointLimits } from '../../limits/endpoint.ts'
import { firstBytesOf } from '../../support/process/proc-file.ts'
import type { Address } from './address.ts'

/** A process that listens on an address. */
export interface SocketHolder {
  readonly pid: number
  /** Of the program; empty if the system does not tell the name. */
  readonly name: string
}

export type HolderLimits = Pick<
  typeof endpointLimits,
  'holderTableBytes' | 'holderProcesses' | 'holderDescriptors' | 'holderMs'
>

/**
 * Finds the process that listens on an address, from /proc: first the socket's inode, then the
 * process with a descriptor of this inode. Blocks for at most `holderMs`.
 * @returns undefined on other systems, for a process of another user or container, and beyond a
 * limit.
 */
export function findHolder(
  address: Address,
  limits: HolderLimits = endpointLimits,
): SocketHolder | undefined {
  try {
    const inodes = address.kind === 'tcp' ? tcpInodes(address, limits) : unixInodes(address, limits)
    return inodes.size === 0 ? undefined : holderOf(inodes, limits)
  } catch {
    return undefined
  }
}

const listening = '0A'

/** Inodes of listening sockets that exclude the address. */
function tcpInodes(
  { host, port }: Extract<Address, { kind: 'tcp' }>,
  limits: HolderLimits,
): Set<string> {
  const rows = ['tcp', 'tcp6'].flatMap((name) => rowsOf(name, limits))
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const found = rows.filter(([, local = '', , state]) => {
    const [there = '', at] = local.split(':')
    return state === listening && at === wanted && excludes(there, host)
  })
  return new Set(found.map(([, , , , , , , , , inode = '']) => inode))
}

/** @param there an address as the kernel writes the address: hexadecimal, in reverse order. */
function excludes(there: string, host: string): boolean {
  if (/^0+$/.test(there) || !/^\d+(?:\.\d+){3}$/.test(host) || host === '0.0.0.0') return true
  const bytes = host.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
  return there.endsWith(bytes.reverse().join('').toUpperCase())
}

/** The flag of a listening socket. */
const accepts = 0x10000

function unixInodes(
  { path }: Extract<Address, { kind: 'unix' }>,
  limits: HolderLimits,
): Set<string> {
  const found = rowsOf('unix', limits).filter(
    ([, , , flags = '', , , , ...name]) =>
      name.join(' ') === path && (Number.parseInt(flags, 16) & accepts) !== 0,
  )
  return new Set(found.map(([, , , , , , inode = '']) => inode))
}

/** The rows of a table of sockets, as far as the limit allows. Listening sockets come first. */
function rowsOf(name: string, { holderTableBytes }: HolderLimits): string[][] {
  try {
    const text = firstBytesOf(`/proc/self/net/${name}`, holderTableBytes).toString('latin1')
    return text.split('\n').map((line) => line.trim().split(/\s+/))
  } catch {
    // For example, a kernel without IPv6.
    return []
  }
}

function holderOf(inodes: ReadonlySet<string>, limits: HolderLimits): SocketHolder | undefined {
  const targets = new Set([...inodes].map((inode) => `socket:[${inode}]`))
  const budget = { descriptors: limits.holderDescriptors, end: performance.now() + limits.holderMs }
  const pid = processIds(limits).find((each) => holds(each, targets, budget))
  return pid === undefined ? undefined : { pid, name: nameOf(pid) }
}

/** This process first, because an application often takes the port itself. */
function processIds({ holderProcesses }: HolderLimits): number[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return [process.pid, ...ids.map(Number)].slice(0, holderProcesses)
}

interface Budget {
  descriptors: number
  readonly end: number
}

function holds(pid: number, targets: ReadonlySet<string>, budget: Budget): boolean {
  if (performance.now() >= budget.end) return false
  for (const descriptor of descriptorsOf(pid)) {
    budget.descriptors -= 1
    if (budget.descriptors < 0 || performance.now() >= budget.end) return false
    if (targets.has(linkOf(`/proc/${pid}/fd/${descriptor}`))) return true
  }
  return false
}

/** Empty for the processes of other users. */
function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`)
  } catch {
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** Node.js names its main thread MainThread, which says less than the name of the program. */
function nameOf(pid: number): string {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
    return /MainThread/.test(name) ? basename(linkOf(`/proc/${pid}/exe`)) : name
  } catch {
    return ''
  }
}
