import type { ConnectionSettings } from './redis-settings.ts'

/** The names of all keys, under one hash tag: a Redis Cluster has them in one slot, and takes them in one round trip. */
export interface RedisKeys {
  /** Sorted set of the processes' ids by Unix milliseconds of their last write. */
  readonly index: string
  /** Holds who writes the next snapshot. */
  readonly forwarder: string
  readonly latest: string
  readonly metadata: string
  readonly source: (incarnation: string) => string
  /** Says who continues the totals of a process. */
  readonly successor: (incarnation: string) => string
  /** Says which process runs at a place. */
  readonly lease: (place: string, number: number) => string
  /** @param seconds Unix time. */
  readonly history: (seconds: number) => string
}

/**
 * Readers of the Python exporter's layout ask for its keys without braces, which only a Redis Cluster
 * needs; there, that layout never was.
 */
export function redisKeysOf(prefix: string, { topology }: ConnectionSettings): RedisKeys {
  const tagged = `{${prefix}}:metrics`
  const documented = topology.kind === 'cluster' ? tagged : `${prefix}:metrics`
  return {
    index: `${tagged}:sources`,
    forwarder: `${tagged}:forwarder`,
    latest: `${documented}:latest`,
    metadata: `${documented}:metadata`,
    source: (incarnation) => `${tagged}:source:${incarnation}`,
    successor: (incarnation) => `${tagged}:successor:${incarnation}`,
    lease: (place, number) => `${tagged}:lease:${place}:${number}`,
    history: (seconds) => `${documented}:${seconds}`,
  }
}
