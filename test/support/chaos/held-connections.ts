import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The ports of the clients whose TCP connections a process holds, by Linux's tables. */
export function heldConnections(pid: number): Set<number> {
  try {
    const inodes = new Set(socketInodes(pid))
    const rows = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').trim().split('\n').slice(1)
    const columns = rows.map((row) => row.trim().split(/\s+/))
    const own = columns.filter(([, , , , , , , , , inode = '']) => inodes.has(inode))
    return new Set(own.map(([, , remote = '']) => Number.parseInt(remote.split(':')[1] ?? '', 16)))
  } catch {
    // The process has ended.
    return new Set()
  }
}

function socketInodes(pid: number): string[] {
  const directory = `/proc/${pid}/fd`
  return readdirSync(directory).flatMap((descriptor) => {
    const inode = /^socket:\[(\d+)\]$/.exec(targetOf(`${directory}/${descriptor}`))?.[1]
    return inode === undefined ? [] : [inode]
  })
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    // The process has closed the descriptor.
    return ''
  }
}
