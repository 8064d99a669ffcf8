import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'

export interface CpuSources {
  /** CPUs of the process's affinity. */
  readonly affinity: number
  /** The kernel's list of cgroups of the process. */
  readonly cgroups: string
  /** The mount point of the cgroup hierarchies. */
  readonly root: string
}

function ownSources(): CpuSources {
  return {
    affinity: availableParallelism(),
    cgroups: '/proc/self/cgroup',
    root: '/sys/fs/cgroup',
  }
}

/**
 * The CPUs that this process can use at once: CPUs of its affinity, and CPU time of its cgroup. In
 * Node.js 20, `os.availableParallelism()` does not know cgroups.
 */
export function usableCpus({ affinity, cgroups, root }: CpuSources = ownSources()): number {
  const quotas = directoriesOf(cgroups, root).map(quotaOf)
  return Math.max(1, Math.floor(Math.min(affinity, ...quotas)))
}

/** Each line of the list is `number:controllers:path`; version 2 has no controllers. */
function directoriesOf(cgroups: string, root: string): string[] {
  return readQuietly(cgroups)
    .split('\n')
    .flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
      if (controllers === undefined || path === undefined) return []
      if (controllers === '') return withParents(root, path)
      if (!controllers.split(',').includes('cpu')) return []
      return ['cpu', controllers].flatMap((name) => withParents(join(root, name), path))
    })
}

/** A group above can have the smaller quota. In a container, the path can be the host's. */
function withParents(root: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '..')
  return [root, ...names.map((_, index) => join(root, ...names.slice(0, index + 1)))]
}

/** CPUs of one group, without a limit: infinite. */
function quotaOf(directory: string): number {
  const [max, period2] = readQuietly(join(directory, 'cpu.max')).trim().split(' ')
  if (max !== undefined && period2 !== undefined) return ratio(max, period2)
  const quota = readQuietly(join(directory, 'cpu.cfs_quota_us')).trim()
  return ratio(quota, readQuietly(join(directory, 'cpu.cfs_period_us')).trim())
}

/** The quota is `max` in version 2, and -1 in version 1, where a group has no limit. */
function ratio(quota: string, period: string): number {
  const cpus = Number(quota) / Number(period)
  return cpus > 0 && Number.isFinite(cpus) ? cpus : Number.POSITIVE_INFINITY
}

/** Empty for a file that cannot be read. */
function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
