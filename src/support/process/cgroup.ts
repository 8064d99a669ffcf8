import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the system shows a process and its cgroups. */
export interface CgroupRoots {
  /** Default: `/proc`. */
  readonly proc: string
  /** Mount point of the hierarchies. Default: `/sys/fs/cgroup`. */
  readonly cgroups: string
}

const systemRoots: CgroupRoots = { proc: '/proc', cgroups: '/sys/fs/cgroup' }

/** The limits of the cgroup of a process. Undefined: no limit, or not shown. */
export interface CgroupLimits {
  readonly memoryBytes: number | undefined
  readonly memoryUsedBytes: number | undefined
  readonly cpus: number | undefined
  /** Part of the periods in which the kernel throttled the group. */
  readonly throttled: number | undefined
  readonly pids: number | undefined
  readonly pidsUsed: number | undefined
}

/** Memory of a cgroup, bytes. */
export interface CgroupMemory {
  readonly limit: number
  /** Without files that the kernel can drop. Undefined: not shown. */
  readonly used: number | undefined
}

/** Memory of the cgroup of a process. Undefined without a limit. */
export function cgroupMemory(
  pid: number,
  { proc, cgroups }: CgroupRoots = systemRoots,
): CgroupMemory | undefined {
  const list = read(join(proc, String(pid), 'cgroup'))
  return list === undefined ? undefined : nearestFull(directoriesOf(list, 'memory', cgroups))
}

/**
 * Reads the limits of both versions. Of the group and the groups above, the smallest limit counts.
 * @returns undefined where the system shows no cgroup.
 */
export function cgroupLimits(
  pid: number,
  { proc, cgroups }: CgroupRoots = systemRoots,
): CgroupLimits | undefined {
  const list = read(join(proc, String(pid), 'cgroup'))
  if (list === undefined) return undefined
  const groups = (controller: string): string[] => directoriesOf(list, controller, cgroups)
  const memory = nearestFull(groups('memory'))
  return {
    memoryBytes: memory?.limit,
    memoryUsedBytes: memory?.used,
    cpus: least(groups('cpu').map(quotaOf)),
    throttled: first(groups('cpu').map(throttledOf)),
    ...pidsOf(groups('pids')),
  }
}

/** Groups of a controller, the own group first. */
function directoriesOf(list: string, controller: string, root: string): string[] {
  return list.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
    if (controllers === undefined || path === undefined) return []
    if (controllers === '')
      return [...withParents(root, path), ...withParents(`${root}/unified`, path)]
    if (!controllers.split(',').includes(controller)) return []
    return [controller, controllers].flatMap((name) => withParents(join(root, name), path))
  })
}

/** In a container, the path can be of the host, and the own group is at the root. */
function withParents(root: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '..')
  const below = names.map((_, index) => join(root, ...names.slice(0, index + 1)))
  return [...below.reverse(), root]
}

/** Version 1 writes a number near 2^63 for no limit. */
const noLimit = 2 ** 60

/** The group with the smallest limit of memory. */
function nearestFull(groups: readonly string[]): CgroupMemory | undefined {
  const limited = groups.flatMap((group) => {
    const limit = numberIn(group, ['memory.max', 'memory.limit_in_bytes'])
    if (limit === undefined || limit >= noLimit) return []
    return [{ limit, used: usedOf(group) }]
  })
  return limited.sort((one, other) => one.limit - other.limit)[0]
}

/** The kernel frees its cache of files before it kills a process. */
function usedOf(group: string): number | undefined {
  const used = numberIn(group, ['memory.current', 'memory.usage_in_bytes'])
  if (used === undefined) return undefined
  const cache = /^(?:total_)?inactive_file (\d+)$/m.exec(read(join(group, 'memory.stat')) ?? '')
  return Math.max(0, used - Number(cache?.[1] ?? 0))
}

function quotaOf(group: string): number | undefined {
  const [max, period] = (read(join(group, 'cpu.max')) ?? '').trim().split(' ')
  const cpus = Number(max) / Number(period)
  if (cpus > 0 && Number.isFinite(cpus)) return cpus
  const [quota, old] = ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) =>
    numberIn(group, [name]),
  )
  return quota !== undefined && old !== undefined && quota > 0 ? quota / old : undefined
}

function throttledOf(group: string): number | undefined {
  const text = read(join(group, 'cpu.stat')) ?? ''
  const periods = Number(/^nr_periods (\d+)$/m.exec(text)?.[1] ?? 0)
  if (periods === 0) return undefined
  return Number(/^nr_throttled (\d+)$/m.exec(text)?.[1] ?? 0) / periods
}

function pidsOf(groups: readonly string[]): Pick<CgroupLimits, 'pids' | 'pidsUsed'> {
  const limited = groups.flatMap((group) => {
    const pids = numberIn(group, ['pids.max'])
    return pids === undefined ? [] : [{ pids, pidsUsed: numberIn(group, ['pids.current']) }]
  })
  return limited.sort((one, other) => one.pids - other.pids)[0] ?? none
}

const none = { pids: undefined, pidsUsed: undefined } as const

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

function first<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined)
}

function numberIn(group: string, names: readonly string[]): number | undefined {
  const text = first(names.map((name) => read(join(group, name))))?.trim()
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
