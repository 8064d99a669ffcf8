import { findConfigFile } from '../../config/config-file.ts'
import { messagesOf } from '../../config/problem.ts'
import { resolveSettings } from '../../config/resolve/resolve.ts'
import type { Environment, Resolved } from '../../config/resolve/resolved.ts'
import { resourceOf } from '../../config/resource.ts'
import { nameOf } from '../../config/setting-names.ts'
import type { Settings } from '../../config/settings.ts'
import { configVariable } from '../../config/variables.ts'
import { exporterSettings } from '../../exporter/exporter-settings.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import { sharedDirectory, sharedDirectorySetting } from '../../share/directory/shared-directory.ts'
import { redisSettings } from '../../share/redis/redis-settings.ts'
import type { ServeSettings } from '../../sidecar/serve-settings.ts'
import { type CommandReading, commonOptions, readCommandLine } from '../line/command-line.ts'
import { type CommandOptions, settingOptions } from '../line/command-options.ts'
import { type CommandPage, helpText } from '../line/command-page.ts'

/** The result of reading a command line of `serve`. */
export type ServeRequest =
  | { readonly kind: 'serve'; readonly settings: ServeSettings }
  | Exclude<CommandReading, { kind: 'settings' }>

const groups = ['The endpoint', 'TLS', 'Access', 'Logs', 'Redis', 'The sidecar (`serve`)'] as const

// A sidecar has no totals of its own that the next process could continue.
const settingsOfServe = Object.fromEntries(
  Object.entries(settingOptions(groups)).filter(([name]) => name !== 'state-dir'),
)

export const serveOptions: CommandOptions = {
  ...settingsOfServe,
  // A sidecar writes no counts: it reads this directory.
  'multiproc-dir': {
    ...settingsOfServe['multiproc-dir'],
    help: 'shared directory if --shared-dir is not given',
    fallback: 'none',
  },
  ...commonOptions,
}

/** Reads the command line after `serve`. */
export function parseServe(argv: readonly string[], environment: Environment): ServeRequest {
  const reading = readCommandLine({
    command: 'serve',
    argv,
    options: serveOptions,
    environment,
    help: serveHelp,
    faultsOf: (_values, resolved) => [
      ...(isIdle(resolved) ? [nothingToServe] : []),
      ...nodeFaults(resolved),
    ],
  })
  if (reading.kind !== 'settings') return reading
  return { kind: 'serve', settings: serveSettings(reading.resolved) }
}

/** Whether a command line without a command starts a sidecar. */
export function isSidecar(environment: Environment): boolean {
  const file = findConfigFile(environment[configVariable])
  const resolution = resolveSettings({ environment, file })
  // `serve` reports the faults.
  if (resolution.kind === 'faults') return (environment['SIDECAR_MODE'] ?? '').trim() !== ''
  return resolution.settings.sidecarMode
}

function nodeFaults({ settings, refused }: Resolved): CodedText[] {
  const isNamed = nodeOf(settings) !== '' || refused.has('resourceAttributes')
  if (!settings.sidecarNodeOnly || isNamed) return []
  const name = nameOf(settings, 'sidecarNodeOnly')
  const text =
    `NODE_NAME is not given; ${name} requires the name of the Kubernetes node ` +
    '(fieldRef: spec.nodeName).'
  return [coded('GPE_SETTING_MISSING', text)]
}

/** The name that applications on this node have in their `target_info`; empty without a name. */
function nodeOf(settings: Settings): string {
  const { 'k8s.node.name': node = '' } = resourceOf(settings)
  return node
}

const nothingToServe = coded(
  'GPE_NOTHING_TO_SERVE',
  'There is nothing to serve. Set Redis (REDIS_ENABLED=true or --redis-url), ' +
    'a shared directory (PROMETHEUS_SHARED_DIR, PROMETHEUS_MULTIPROC_DIR, --shared-dir or ' +
    '--multiproc-dir), or both.',
)

function serveSettings({ settings, origins, warnings }: Resolved): ServeSettings {
  const isAsked = origins.redisEnabled.kind === 'default' && settings.redisUrl !== undefined
  const { serviceName = 'gunicorn-prometheus-exporter' } = settings
  const { endpoint, hasLivePage, page, resource } = exporterSettings(settings)
  return {
    endpoint,
    hasLivePage,
    maxSeries: settings.maxSeries,
    page,
    resource: { ...resource, 'service.name': serviceName },
    redis: redisSettings(settings, isAsked || settings.redisEnabled),
    node: settings.sidecarNodeOnly ? nodeOf(settings) : undefined,
    directory: sharedDirectory({ ...settings, sidecarMode: true }),
    directorySetting: sharedDirectorySetting(settings),
    logFormat: settings.logFormat,
    updateIntervalMs: 1_000 * settings.sidecarUpdateIntervalSeconds,
    warnings: messagesOf(warnings),
  }
}

/** A refused setting counts as something to serve. */
function isIdle(resolved: Resolved): boolean {
  if (originSettings.some((name) => resolved.refused.has(name))) return false
  const { redis, directory } = serveSettings(resolved)
  return redis === undefined && directory === undefined
}

const originSettings = ['redisEnabled', 'redisUrl', 'sharedDir', 'multiprocDir'] as const

/** The help of `serve`. */
export const servePage: CommandPage = {
  name: 'serve',
  text:
    'Serves the metrics that other processes have written to Redis, to a shared directory, or to ' +
    'both. Options win over variables, variables over the configuration file.\n\n' +
    'TERM and INT end the command. The second signal ends the command at once.',
  options: serveOptions,
  exitCodes: {
    0: 'the command was ended by a signal',
    1: 'the output cannot be written',
    2: 'the configuration or an option is wrong, or there is nothing to serve',
  },
}

/** The text of `serve --help`. */
export function serveHelp(): string {
  return helpText(servePage)
}
