import { findConfigFile } from '../../../config/config-file.ts'
import { environment, replaceVariables } from '../../../config/environment.ts'
import { type Resolution, resolvedOf, resolveSettings } from '../../../config/resolve/resolve.ts'
import type { Environment } from '../../../config/resolve/resolved.ts'
import type { Settings } from '../../../config/settings.ts'
import { configVariable } from '../../../config/variables.ts'
import { findHolder, type SocketHolder } from '../../../endpoint/bind/socket-holder.ts'
import { type ExporterSettings, exporterSettings } from '../../../exporter/exporter-settings.ts'
import { failureOf } from '../../../files/failure-of.ts'
import { type CommandOfProcess, commandOfProcess } from './command-of-process.ts'
import { askPage, type PageFacts } from './page-facts.ts'
import { authorizationOf, type Place, placeOf, placeOfUrl } from './place.ts'
import { becomeUserOf } from './process-user.ts'
import { type ProcessView, processView } from './process-view.ts'

export interface TargetOptions {
  /** The configuration file of `--config`. */
  readonly config: string | undefined
  readonly url: URL | undefined
  readonly pid: number | undefined
}

/** The set-up that the checks look at. */
export interface Target {
  readonly options: TargetOptions
  readonly environment: Environment
  readonly resolution: Resolution
  readonly settings: Settings
  readonly endpoint: ExporterSettings['endpoint']
  /** Whether the settings open an endpoint. */
  readonly isServed: boolean
  /** The process that listens on the address of the endpoint. */
  readonly holder: SocketHolder | undefined
  /** The process of `--pid`, or the process that has the port. */
  readonly process: ProcessView | undefined
  readonly command: CommandOfProcess
  /** Why the variables of the process of `--pid` do not count; undefined where they do. */
  readonly refusal: string | undefined
  readonly place: Place
  /** Asked once for all checks. */
  readonly page: Promise<PageFacts>
}

/**
 * Collects what several checks need. With a pid, this process first takes over the variables and
 * the working directory of that process, so that settings, paths and packages are the same.
 */
export function targetOf(options: TargetOptions): Target {
  const named = options.pid === undefined ? undefined : processView(options.pid)
  const refusal = named ? takeOver(named) : undefined
  const command = commandOfProcess(refusal === undefined ? named : undefined)
  const variables = environment()
  const file = findConfigFile(
    options.config ?? command.flags['config'] ?? variables[configVariable],
  )
  const resolution = resolveSettings({
    flags: command.flags,
    environment: variables,
    file,
    checksFiles: true,
    ...(command.name === undefined ? {} : { command: command.name }),
  })
  const { settings } = resolvedOf(resolution)
  const { endpoint, isServed } = exporterSettings(settings)
  const holder = options.url ? undefined : findHolder(endpoint.address)
  const place = options.url ? placeOfUrl(options.url) : placeOf(endpoint)
  return {
    ...{ options, resolution, settings, endpoint, holder, command, place, refusal },
    environment: variables,
    isServed: isServed || command.name === 'serve',
    process: options.pid === undefined ? holder && processView(holder.pid) : named,
    page: askPage({ place, authorization: headerOf(endpoint, place) }),
  }
}

/** Undefined too where a file cannot be read: the check of the authentication tells this. */
function headerOf({ access }: ExporterSettings['endpoint'], place: Place): string | undefined {
  // A server whose certificate nobody has verified must not get a password.
  if (!place.isLocal) return undefined
  let header: string | undefined
  failureOf(() => {
    header = authorizationOf(access)
  })
  return header
}

/** @returns why the variables do not count. */
function takeOver(view: ProcessView): string | undefined {
  const { environment: variables, directory } = view
  if (!variables) return 'This user may not read the variables of the process.'
  const refusal = becomeUserOf(view)
  if (refusal !== undefined) return refusal
  replaceVariables(variables)
  if (directory !== undefined) failureOf(() => process.chdir(directory))
  return undefined
}
