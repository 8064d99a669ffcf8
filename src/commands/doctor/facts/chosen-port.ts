import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Address } from '../../../endpoint/bind/address.ts'
import { doctorLimits } from '../../../limits/tools/doctor.ts'
import { askPage } from './page-facts.ts'
import type { Place } from './place.ts'

/** Whether the system chooses the port of the endpoint: the settings do not tell the port. */
export function isChosenBySystem(address: Address): boolean {
  return address.kind === 'tcp' && address.port === 0
}

/**
 * The port on which a process answers as an exporter. The question has no credentials: the
 * application listens on ports of its own.
 * @param place the endpoint of the settings, with port 0.
 */
export async function chosenPort(pid: number, place: Place): Promise<number | undefined> {
  for (const port of listeningPorts(pid).slice(0, doctorLimits.portsOfProcess)) {
    const { kind } = await askPage({ place: { ...place, port } })
    if (kind.kind === 'exporter') return port
  }
  return undefined
}

const listening = '0A'

/** Ports of TCP on which a process listens. Empty on other systems, and without rights. */
function listeningPorts(pid: number): number[] {
  try {
    const inodes = socketsOf(pid)
    const rows = ['tcp', 'tcp6'].flatMap((table) => rowsOf(`/proc/${pid}/net/${table}`))
    return rows.flatMap(([, local = '', , state, , , , , , inode = '']) => {
      if (state !== listening || !inodes.has(inode)) return []
      return [Number.parseInt(local.split(':')[1] ?? '', 16)]
    })
  } catch {
    return []
  }
}

/**
 * The address on which a program listens at the port of an endpoint: the settings of this command
 * can be others than those of the program.
 * @returns undefined where several addresses or none have the port, and on other systems.
 */
export function boundHost(address: Address): string | undefined {
  if (address.kind !== 'tcp') return undefined
  const rows = ['tcp', 'tcp6'].flatMap((table) => rowsOf(`/proc/self/net/${table}`))
  const hosts = rows.flatMap(([, local = '', , state]) => {
    const [host = '', port = ''] = local.split(':')
    return state === listening && Number.parseInt(port, 16) === address.port ? [host] : []
  })
  return hosts.length === 1 ? hostOf(hosts[0] ?? '') : undefined
}

/** @param text an address as the kernel writes the address: hexadecimal, in reverse order. */
function hostOf(text: string): string | undefined {
  if (text.length === 8) {
    return [6, 4, 2, 0].map((at) => Number.parseInt(text.slice(at, at + 2), 16)).join('.')
  }
  if (/^0{32}$/.test(text)) return '::'
  return /^0{24}01000000$/.test(text) ? '::1' : undefined
}

function socketsOf(pid: number): Set<string> {
  const directory = `/proc/${pid}/fd`
  const inodes = readdirSync(directory).map((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${directory}/${name}`))?.[1] ?? ''
    } catch {
      // The process has closed the descriptor.
      return ''
    }
  })
  return new Set(inodes)
}

/** Empty without the file: a kernel can be without IPv6. */
function rowsOf(path: string): string[][] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n')
    return lines.map((line) => line.trim().split(/\s+/))
  } catch {
    return []
  }
}
