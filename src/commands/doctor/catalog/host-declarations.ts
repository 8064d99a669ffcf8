import type { Declaration } from './declaration.ts'

const directories = { check: 'directories', page: 'configuration.md' } as const
const limits = { check: 'limits', page: 'limits.md' } as const

export type HostFindingId =
  | 'directory-missing'
  | 'directory-unwritable'
  | 'directory-unsafe'
  | 'directory-full'
  | 'state-in-memory'
  | 'memory-below-max-memory'
  | 'memory-below-heaps'
  | 'memory-nearly-full'
  | 'cpu-throttled'
  | 'cpu-below-workers'
  | 'pids-nearly-full'
  | 'descriptors-nearly-full'
  | 'descriptors-few'

/** Findings about directories and about limits of the system. */
export const hostDeclarations: Readonly<Record<HostFindingId, Declaration>> = {
  'directory-missing': {
    ...directories,
    level: 'problem',
    meaning: 'A directory does not exist, and the user may not make the directory.',
    remedy: 'Run `mkdir -p {path}` and let the user of the application write there.',
  },
  'directory-unwritable': {
    ...directories,
    level: 'problem',
    meaning: 'The user may not write to a directory, or the file system is read-only.',
    remedy: 'Let the user {user} write to {path}, or set {setting} to another directory.',
  },
  'directory-unsafe': {
    ...directories,
    level: 'warning',
    meaning: 'Another user owns or can replace the directory of the exporter.',
    remedy: 'Set the sticky bit with `chmod +t {path}`, or set {setting} to another directory.',
  },
  'directory-full': {
    ...directories,
    level: 'problem',
    page: 'troubleshooting.md#a-full-disk',
    meaning: 'The file system of a directory has less than 16 MiB or 1,000 entries free.',
    remedy: 'Remove files there, or set {setting} to another directory.',
  },
  'state-in-memory': {
    ...directories,
    level: 'note',
    page: 'run.md#keep-totals-over-a-restart',
    meaning: 'The state directory is in memory: totals end with the host or the container.',
    remedy: 'Set {setting} to a directory on a disk, such as one below /var/lib.',
  },
  'memory-below-max-memory': {
    ...limits,
    level: 'problem',
    page: 'run.md',
    meaning: '`--max-memory` of all workers is above the memory of the cgroup.',
    remedy: 'Raise the limit of the cgroup above {needed} MiB, or lower --max-memory or --workers.',
  },
  'memory-below-heaps': {
    ...limits,
    level: 'note',
    page: 'troubleshooting.md#a-leak',
    meaning: 'The heap limits of all workers together are above the memory of the cgroup.',
    remedy: 'Raise the limit of the cgroup, or set NODE_OPTIONS=--max-old-space-size={heap}.',
  },
  'memory-nearly-full': {
    ...limits,
    level: 'warning',
    page: 'troubleshooting.md#a-leak',
    meaning: 'The cgroup uses more than 90 % of its memory.',
    remedy: 'Raise the limit of the cgroup, or start fewer workers.',
  },
  'cpu-throttled': {
    ...limits,
    level: 'warning',
    meaning: 'The kernel throttles the CPU of the cgroup in every fourth period, or more often.',
    remedy: 'Raise the CPU quota of the cgroup, or start fewer workers.',
  },
  'cpu-below-workers': {
    ...limits,
    level: 'note',
    meaning: 'The cluster has more workers than the CPUs that the cgroup allows.',
    remedy: 'Start {cpus} workers, or raise the CPU quota.',
  },
  'pids-nearly-full': {
    ...limits,
    level: 'problem',
    meaning: 'The cgroup uses more than 90 % of its processes and threads.',
    remedy: 'Raise the limit of processes of the cgroup (`pids.max`, TasksMax=).',
  },
  'descriptors-nearly-full': {
    ...limits,
    level: 'problem',
    page: 'troubleshooting.md#the-exporter-itself',
    meaning: 'A process uses more than 90 % of its file descriptors.',
    remedy: 'Raise the limit (`ulimit -n`, LimitNOFILE=), or find the leak in the process {pid}.',
  },
  'descriptors-few': {
    ...limits,
    level: 'warning',
    meaning: 'The limit of file descriptors is below the connections of the endpoint.',
    remedy: 'Raise the limit (`ulimit -n`, LimitNOFILE=), or lower PROMETHEUS_MAX_CONNECTIONS.',
  },
}
