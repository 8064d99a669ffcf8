import { resourceOf } from '../config/resource.ts'
import { nameOf } from '../config/setting-names.ts'
import { pageOptionsOf, type SettingName, type Settings } from '../config/settings.ts'
import type { Access, SecretSource } from '../endpoint/access.ts'
import type { Address } from '../endpoint/bind/address.ts'
import type { EndpointOptions } from '../endpoint/endpoint.ts'
import type { EndpointNames } from '../endpoint/names.ts'
import type { TlsFiles } from '../endpoint/tls.ts'
import type { WorkersDirectory } from '../files/workers-directory.ts'
import type { MergePattern } from '../model/merging/merge-rule.ts'
import type { Attributes } from '../model/metric.ts'
import type { PageOptions } from '../model/page/page-options.ts'
import { sharedDirectory } from '../share/directory/shared-directory.ts'

/** Settings of the exporter thread, as values that can be posted to the thread. */
export interface ExporterSettings {
  /** Whether the endpoint listens. */
  readonly isServed: boolean
  readonly endpoint: Pick<
    EndpointOptions,
    'address' | 'names' | 'tls' | 'access' | 'maxConnections' | 'pageMaxAgeMs'
  >
  /** Whether the endpoint has a live page. */
  readonly hasLivePage: boolean
  /** Undefined where workers leave no files. */
  readonly workersDirectory?: WorkersDirectory | undefined
  /** Why workers keep their counts in no memory: half a sentence. Undefined: they may. */
  readonly memoryRefusal?: string | undefined
  readonly cleanupDbFiles: boolean
  readonly usesSlots: boolean
  readonly keepWorkerId: boolean
  readonly mergeRules: readonly MergePattern[]
  readonly maxSeries: number
  readonly resource: Attributes
  /** Default: no options. */
  readonly page?: PageOptions | undefined
  /** Time that counters of an ended worker stay, milliseconds. */
  readonly retentionMs: number
  /** Whether watchdogs take the stacks of processes that hang. */
  readonly takesStacks: boolean
  readonly log: Pick<Settings, 'logLevel' | 'logFormat'>
}

/** Reveals secrets: the result goes only to the exporter thread, and to no log. */
export function exporterSettings(
  settings: Settings,
  workersDirectory?: WorkersDirectory,
): ExporterSettings {
  return {
    isServed:
      settings.metricsExporters.includes('prometheus') && sharedDirectory(settings) === undefined,
    endpoint: {
      address: addressOf(settings),
      names: namesOf(settings),
      tls: tlsOf(settings),
      access: accessOf(settings),
      maxConnections: settings.maxConnections,
      pageMaxAgeMs: 1_000 * settings.pageMaxAgeSeconds,
    },
    hasLivePage: settings.livePage,
    workersDirectory,
    memoryRefusal: memoryRefusalOf(settings),
    cleanupDbFiles: settings.cleanupDbFiles,
    usesSlots: settings.workerId === 'slot',
    keepWorkerId: settings.keepWorkerId,
    mergeRules: settings.mergeRules,
    maxSeries: settings.maxSeries,
    resource: resourceOf(settings),
    page: pageOptionsOf(settings),
    retentionMs: 1_000 * settings.workerRetentionSeconds,
    takesStacks: settings.hangStackSeconds > 0,
    log: { logLevel: settings.logLevel, logFormat: settings.logFormat },
  }
}

function memoryRefusalOf(settings: Settings): string | undefined {
  if (settings.multiprocDir === undefined) return `${nameOf(settings, 'multiprocDir')} is off`
  return settings.crashMemory ? undefined : `${nameOf(settings, 'crashMemory')} is false`
}

/** The settings as the user wrote their names. */
function namesOf(settings: Settings): EndpointNames {
  const given = (names: readonly SettingName[]): string[] =>
    names.filter((name) => settings[name] !== undefined).map((name) => nameOf(settings, name))
  return {
    port: nameOf(settings, 'metricsPort'),
    address: nameOf(settings, 'bindAddress'),
    tls: given(['sslCertfile', 'sslKeyfile', 'sslClientCafile', 'sslClientCapath']),
    secrets: given(['authUsernameFile', 'authPasswordFile', 'authBearerTokenFile']),
  }
}

function addressOf({ bindAddress, metricsPort }: Settings): Address {
  const path = /^unix:(.+)$/.exec(bindAddress)?.[1]
  if (path !== undefined) return { kind: 'unix', path }
  return { kind: 'tcp', host: bindAddress, port: metricsPort }
}

function tlsOf(settings: Settings): TlsFiles | undefined {
  const { sslEnabled, sslCertfile: certfile, sslKeyfile: keyfile } = settings
  if (sslEnabled === false || certfile === undefined || keyfile === undefined) return undefined
  return {
    certfile,
    keyfile,
    clientCafile: settings.sslClientCafile,
    clientCapath: settings.sslClientCapath,
    clientAuthRequired: settings.sslClientAuthRequired,
  }
}

function accessOf(settings: Settings): Access {
  const username = sourceOf(settings.authUsername, settings.authUsernameFile)
  const password = sourceOf(settings.authPassword?.reveal(), settings.authPasswordFile)
  return {
    basic: username && password && { username, password },
    bearer: sourceOf(settings.authBearerToken?.reveal(), settings.authBearerTokenFile),
    probesOpen: settings.probesOpen,
  }
}

function sourceOf(text: string | undefined, path: string | undefined): SecretSource | undefined {
  if (path !== undefined) return { kind: 'file', path }
  return text === undefined ? undefined : { kind: 'value', text }
}
