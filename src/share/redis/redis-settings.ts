import { nameOf } from '../../config/setting-names.ts'
import type { Settings } from '../../config/settings.ts'
import type { MergeSettings } from '../../model/merging/merge-rules.ts'
import { decodedText } from '../../model/text/decoded-text.ts'
import { type ServiceSlot, serviceSlotOf } from '../peers/service-slot.ts'

/** Settings of the exporter thread for sharing by Redis. Plain values cross to the thread. */
export interface RedisSettings extends MergeSettings {
  readonly connection: ConnectionSettings
  readonly prefix: string
  /** Milliseconds; undefined = a silent cluster never disappears. */
  readonly ttlMs: number | undefined
  readonly collectIntervalMs: number
  readonly forwardIntervalMs: number
  readonly serviceSlot: ServiceSlot
  /** Replacements reuse the `worker_id` of ended workers. */
  readonly usesSlots: boolean
  /**
   * Time that counters of an ended worker stay, milliseconds. Default: `stateLimits.retentionMs`.
   */
  readonly retentionMs?: number
}

/** How Redis is deployed. */
type Topology =
  | { readonly kind: 'standalone'; readonly node: Node }
  | SentinelTopology
  /** A key's hash tag decides which node has the key. */
  | { readonly kind: 'cluster'; readonly nodes: readonly Node[]; readonly hashTag: string }

interface SentinelTopology {
  readonly kind: 'sentinel'
  readonly sentinels: readonly Node[]
  /** The name of the master. */
  readonly name: string
  readonly login: Login
  readonly hasTls: boolean
}

/** User and password. A file is read again for every connection. */
export interface Login {
  readonly username: string | undefined
  readonly password: { readonly text: string } | NamedFile | undefined
}

export interface Node {
  readonly host: string
  readonly port: number
}

/** All files are read again for every connection. */
export interface ConnectionSettings extends Login {
  readonly topology: Topology
  readonly db: number
  readonly hasTls: boolean
  /** File with certificates of authorities; undefined = the authorities of Node. */
  readonly cafile: NamedFile | undefined
  /** Files with the certificate of this client and its key; undefined = no certificate. */
  readonly certfile: NamedFile | undefined
  readonly keyfile: NamedFile | undefined
}

export interface NamedFile {
  readonly path: string
  /** The setting of the file, as the user wrote its name. */
  readonly setting: string
}

/**
 * Undefined where Redis is not enabled. Reveals secrets, for the connection alone.
 * @param isEnabled default: the setting.
 */
export function redisSettings(
  settings: Settings,
  isEnabled: boolean = settings.redisEnabled,
): RedisSettings | undefined {
  if (!isEnabled) return undefined
  return {
    connection: connectionOf(settings),
    prefix: settings.redisKeyPrefix,
    ttlMs: settings.redisTtlDisabled ? undefined : 1_000 * settings.redisTtlSeconds,
    collectIntervalMs: 1_000 * settings.redisCollectIntervalSeconds,
    forwardIntervalMs: 1_000 * settings.redisForwardIntervalSeconds,
    serviceSlot: serviceSlotOf(settings),
    usesSlots: settings.workerId === 'slot',
    keepWorkerId: settings.keepWorkerId,
    mergeRules: settings.mergeRules,
    retentionMs: 1_000 * settings.workerRetentionSeconds,
  }
}

function connectionOf(settings: Settings): ConnectionSettings {
  const url = settings.redisUrl && new URL(settings.redisUrl.reveal())
  const plain = settings.redisPassword?.reveal()
  const hasTls = settings.redisSsl || url?.protocol === 'rediss:'
  return {
    topology: topologyOf(settings, url, hasTls),
    db: dbOf(settings, url),
    username: url ? partOfUrl(url.username) : settings.redisUsername,
    password:
      fileOf(settings, 'redisPasswordFile') ?? plainPassword(url ? partOfUrl(url.password) : plain),
    hasTls,
    cafile: fileOf(settings, 'redisSslCafile'),
    certfile: fileOf(settings, 'redisSslCertfile'),
    keyfile: fileOf(settings, 'redisSslKeyfile'),
  }
}

/** As given where the part is not in percent-encoding. */
function partOfUrl(part: string): string | undefined {
  return part === '' ? undefined : (decodedText(part) ?? part)
}

function sentinelLogin(settings: Settings): Login {
  return {
    username: settings.redisSentinelUsername,
    password:
      fileOf(settings, 'redisSentinelPasswordFile') ??
      plainPassword(settings.redisSentinelPassword?.reveal()),
  }
}

function plainPassword(text: string | undefined): { readonly text: string } | undefined {
  return text === undefined ? undefined : { text }
}

type FileSetting =
  | 'redisPasswordFile'
  | 'redisSentinelPasswordFile'
  | 'redisSslCafile'
  | 'redisSslCertfile'
  | 'redisSslKeyfile'

function fileOf(settings: Settings, name: FileSetting): NamedFile | undefined {
  const { [name]: path } = settings
  return path === undefined ? undefined : { path, setting: nameOf(settings, name) }
}

/** A Redis Cluster has a single database, 0. */
function dbOf({ redisClusterNodes, redisDb }: Settings, url: URL | undefined): number {
  if (redisClusterNodes.length > 0) return 0
  return url ? Number(/^\/(\d{1,5})$/.exec(url.pathname)?.[1] ?? 0) : redisDb
}

function topologyOf(settings: Settings, url: URL | undefined, hasTls: boolean): Topology {
  const { redisClusterNodes, redisSentinels, redisSentinelName, redisHost, redisPort } = settings
  if (redisClusterNodes.length > 0) {
    const nodes = redisClusterNodes.map(nodeOf)
    return { kind: 'cluster', nodes, hashTag: settings.redisKeyPrefix }
  }
  if (redisSentinelName !== undefined) {
    return {
      kind: 'sentinel',
      sentinels: redisSentinels.map(nodeOf),
      name: redisSentinelName,
      login: sentinelLogin(settings),
      hasTls: settings.redisSentinelSsl ?? hasTls,
    }
  }
  if (!url) return { kind: 'standalone', node: { host: redisHost, port: redisPort } }
  const port = url.port === '' ? 6_379 : Number(url.port)
  return { kind: 'standalone', node: { host: withoutBrackets(url.hostname), port } }
}

function nodeOf(address: string): Node {
  const at = address.lastIndexOf(':')
  return { host: withoutBrackets(address.slice(0, at)), port: Number(address.slice(at + 1)) }
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '')
}
