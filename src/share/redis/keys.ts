import type { ConnectionSettings } from './redis-settings.ts'

/**
 * Names of all keys. One hash tag puts all keys of a Redis Cluster into one slot, as one round trip
 * requires.
 */
export interface RedisKeys {
  /** Sorted set of incarnations by the Unix milliseconds of the last write. */
  readonly index: string
  /** Lock of the writer of the next snapshot. */
  readonly forwarder: string
  readonly latest: string
  readonly metadata: string
  readonly source: (incarnation: string) => string
  /** Holds the successor of a process. */
  readonly successor: (incarnation: string) => string
  /** Holds the process of a service slot. */
  readonly lease: (slot: string, number: number) => string
  /** @param seconds Unix time. */
  readonly history: (seconds: number) => string
}

/**
 * Readers of the Python exporter's layout expect its keys without braces. A Redis Cluster needs the
 * braces, and the Python exporter does not support Redis Cluster.
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
    lease: (slot, number) => `${tagged}:lease:${slot}:${number}`,
    history: (seconds) => `${documented}:${seconds}`,
  }
}
