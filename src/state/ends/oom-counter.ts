import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface OomCounterPaths {
  /** The kernel's list of cgroups of a process. */
  readonly cgroups: string
  /** The kernel's list of mounts of a process. */
  readonly mounts: string
}

/** The hierarchy of cgroups that can count kills, and the file with the counter. */
interface Hierarchy {
  /** Path of the process's cgroup. */
  readonly path: string
  readonly isMount: (mount: Mount) => boolean
  readonly file: string
}

interface Mount {
  /** The part of the hierarchy that is mounted. */
  readonly root: string
  readonly point: string
  readonly type: string
  readonly options: readonly string[]
}

const ownPaths: OomCounterPaths = { cgroups: '/proc/self/cgroup', mounts: '/proc/self/mountinfo' }

/**
 * Path of the file in which the kernel counts the out-of-memory kills of this process's cgroup:
 * `memory.events` of cgroup v2, or `memory.oom_control` of v1. Undefined on other systems, and
 * where the process cannot read the file.
 */
export function oomCounterFile({
  cgroups,
  mounts,
}: OomCounterPaths = ownPaths): string | undefined {
  const mounted = mountsOf(readQuietly(mounts))
  // In a hybrid system, v2 is mounted, and v1 has the controller of memory.
  const candidates = hierarchiesOf(readQuietly(cgroups)).flatMap((hierarchy) =>
    mounted.filter(hierarchy.isMount).flatMap((mount) => filesOf(hierarchy, mount)),
  )
  return candidates.find((file) => existsSync(file) && readOomCounter(file) !== undefined)
}

/** The kills so far; undefined for a file without the counter. */
export function readOomCounter(file: string): number | undefined {
  const count = /^oom_kill (\d+)$/m.exec(readQuietly(file))?.[1]
  return count === undefined ? undefined : Number(count)
}

/** Each line is `number:controllers:path`. Version 2 has the number 0 and no controllers. */
function hierarchiesOf(text: string): Hierarchy[] {
  return text.split('\n').flatMap((line): Hierarchy[] => {
    const [, number, controllers = '', path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? []
    if (path === undefined) return []
    if (number === '0' && controllers === '') {
      return [{ path, isMount: ({ type }) => type === 'cgroup2', file: 'memory.events' }]
    }
    if (!controllers.split(',').includes('memory')) return []
    const isMount = ({ type, options }: Mount): boolean =>
      type === 'cgroup' && options.includes('memory')
    return [{ path, isMount, file: 'memory.oom_control' }]
  })
}

/** A line of `mountinfo`: `id parent device root point options… - type source options`. */
function mountsOf(text: string): Mount[] {
  return text.split('\n').flatMap((line): Mount[] => {
    const [own = '', system = ''] = line.split(' - ')
    const [, , , root, point] = own.split(' ')
    const [type, , options] = system.split(' ')
    if (root === undefined || point === undefined || type === undefined) return []
    return [{ root: plain(root), point: plain(point), type, options: (options ?? '').split(',') }]
  })
}

/**
 * In a container, the mount can show a part of the hierarchy, while the path of the cgroup starts
 * at the root of the host.
 */
function filesOf({ path, file }: Hierarchy, { root, point }: Mount): string[] {
  const isBelow = root !== '/' && `${path}/`.startsWith(`${root}/`)
  const below = isBelow ? [join(point, path.slice(root.length), file)] : []
  return [...below, join(point, path, file), join(point, file)]
}

/** The kernel writes blanks as `\040`. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 8)),
  )
}

/** Empty for a file that cannot be read. */
function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
