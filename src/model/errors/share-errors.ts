import type { ErrorDeclaration } from './declaration.ts'

export type ShareErrorCode =
  | 'GPE_REDIS'
  | 'GPE_REDIS_NAME'
  | 'GPE_SHARED_DIRECTORY'
  | 'GPE_STATE_DIRECTORY'
  | 'GPE_STATE_TAKEN'
  | 'GPE_HAND_OVER'
  | 'GPE_SIDECAR_PORT'
  | 'GPE_SIDECAR_HIDDEN'
  | 'GPE_NODE_UNNAMED'

/** Codes of sharing by Redis, directories and masters. */
export const shareErrors: Readonly<Record<ShareErrorCode, ErrorDeclaration>> = {
  GPE_REDIS: {
    level: 'warning',
    meaning: 'Metrics cannot be shared by Redis. The process tries again.',
    remedy: 'Follow the reason in the line.',
    page: 'redis.md#when-redis-fails',
    findings: ['redis-unreachable'],
  },
  GPE_REDIS_NAME: {
    level: 'warning',
    meaning: 'Another process has the name of this process in Redis.',
    remedy: 'Give each service its own `service.instance.id`.',
    page: 'redis.md#names-and-totals',
  },
  GPE_SHARED_DIRECTORY: {
    level: 'warning',
    meaning: 'The shared directory cannot be written or read. The process tries again.',
    remedy: 'Make room, let this user write to the directory, or mend its path.',
    page: 'sidecar.md',
  },
  GPE_STATE_DIRECTORY: {
    level: 'warning',
    meaning: 'The totals of the state directory cannot be written, read or used.',
    remedy: 'Make room, or let this user write to the directory.',
    page: 'run.md#keep-totals-over-a-restart',
  },
  GPE_STATE_TAKEN: {
    level: 'warning',
    meaning: 'Another process of the same service writes its totals to the state directory.',
    remedy: 'Give each process its own directory.',
    page: 'run.md#keep-totals-over-a-restart',
  },
  GPE_HAND_OVER: {
    level: 'warning',
    meaning: 'The metrics were not handed over between two masters.',
    remedy: 'Follow the reason in the line.',
    page: 'run.md#the-page-during-an-upgrade',
  },
  GPE_SIDECAR_PORT: {
    level: 'warning',
    meaning: 'A sidecar shows the metrics on the port of this process, or has ended.',
    remedy: 'Do nothing, if you want the sidecar.',
    page: 'sidecar.md',
  },
  GPE_NODE_UNNAMED: {
    level: 'warning',
    meaning:
      'Processes in Redis do not say their Kubernetes node, and this sidecar shows one node.',
    remedy: 'Give the applications the variable `NODE_NAME` (`fieldRef: spec.nodeName`).',
    page: 'sidecar.md#one-node',
  },
  GPE_SIDECAR_HIDDEN: {
    level: 'warning',
    meaning: 'Applications do not find this sidecar in the shared directory.',
    remedy: 'Make room, or end the other sidecar of the directory.',
    page: 'sidecar.md',
  },
}
