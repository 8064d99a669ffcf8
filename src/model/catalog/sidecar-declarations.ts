import type { Declaration } from './declaration.ts'

export type SidecarMetricKey =
  | 'sidecarUptime'
  | 'sidecarDirectoryBytes'
  | 'sidecarDirectoryFiles'
  | 'sidecarRedisConnected'
  | 'sidecarReads'
  | 'sidecarRefused'
  | 'sidecarReadAge'
  | 'sidecarInstances'
  | 'sidecarInstanceAge'
  | 'sidecarOutside'

/** Metrics of the sidecar. */
export const sidecarDeclarations: Readonly<Record<SidecarMetricKey, Declaration>> = {
  sidecarUptime: {
    name: 'gunicorn_sidecar_uptime_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Time since the sidecar started.',
    labels: [],
  },
  sidecarDirectoryBytes: {
    name: 'gunicorn_sidecar_multiproc_dir_size_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Total size of the files in the shared directory. Absent without a shared directory.',
    labels: [],
  },
  sidecarDirectoryFiles: {
    name: 'gunicorn_sidecar_multiproc_files_count',
    kind: 'gauge',
    unit: '',
    help: 'Number of files in the shared directory. Absent without a shared directory.',
    labels: [],
  },
  sidecarRedisConnected: {
    name: 'gunicorn_sidecar_redis_connected',
    kind: 'gauge',
    unit: '',
    help: '1 while Redis answers the sidecar, 0 otherwise. Absent without Redis.',
    labels: [],
  },
  sidecarReads: {
    name: 'gunicorn_sidecar_reads_total',
    kind: 'counter',
    unit: '',
    help: 'Reads of the origins, redis and directory, by result.',
    labels: ['origin', 'result'],
  },
  sidecarRefused: {
    name: 'gunicorn_sidecar_refused_values_total',
    kind: 'counter',
    unit: '',
    help:
      'Values that the sidecar did not trust, by reason: format, version, size, digest, ' +
      'content, limit or owner.',
    labels: ['origin', 'reason'],
  },
  sidecarReadAge: {
    name: 'gunicorn_sidecar_read_age_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Time since the last successful read of the origin, or since the start of the sidecar.',
    labels: ['origin'],
  },
  sidecarInstances: {
    name: 'gunicorn_sidecar_instances',
    kind: 'gauge',
    unit: '',
    help: 'Clusters and processes on the page, by state: live, stale or ended.',
    labels: ['origin', 'state'],
  },
  sidecarInstanceAge: {
    name: 'gunicorn_sidecar_instance_age_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Age of the values that the page shows for a cluster or a process.',
    labels: ['origin', 'instance'],
  },
  sidecarOutside: {
    name: 'gunicorn_sidecar_outside_instances',
    kind: 'gauge',
    unit: '',
    help:
      'Clusters and processes that the page leaves out, by reason: other_node or no_node_name. ' +
      'Absent without SIDECAR_NODE_ONLY.',
    labels: ['origin', 'reason'],
  },
}
