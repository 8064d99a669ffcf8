import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const listening = '0A'

/**
 * The port of a process's page server, as any local user can find it: the port on the loopback
 * interface on which the process listens, besides the known ports.
 */
export function pageServerPort(pid: number, known: readonly number[]): number | undefined {
  const inodes = new Set(socketsOf(pid))
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)
  for (const row of rows) {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/)
    const port = Number.parseInt(local.split(':')[1] ?? '', 16)
    if (state === listening && inodes.has(inode) && !known.includes(port)) return port
  }
  return undefined
}

function socketsOf(pid: number): string[] {
  const directory = `/proc/${pid}/fd`
  return readdirSync(directory).flatMap((name) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${directory}/${name}`))?.[1] ?? []
    } catch {
      return []
    }
  })
}
