import { findConfigFile } from '../../../config/config-file.ts'
import { environment } from '../../../config/environment.ts'
import { type Resolution, resolvedOf, resolveSettings } from '../../../config/resolve/resolve.ts'
import type { Environment } from '../../../config/resolve/resolved.ts'
import type { Settings } from '../../../config/settings.ts'
import { configVariable } from '../../../config/variables.ts'
import { findHolder, type SocketHolder } from '../../../endpoint/bind/socket-holder.ts'
import { type ExporterSettings, exporterSettings } from '../../../exporter/exporter-settings.ts'
import { failureOf } from '../../../files/failure-of.ts'
import { chosenPort, isChosenBySystem } from './chosen-port.ts'
import { type CommandOfProcess, commandOfProcess } from './command-of-process.ts'
import { askPage, type PageFacts, unaskedPage } from './page-facts.ts'
import { authorizationOf, type Place, placeOf, placeOfUrl } from './place.ts'
import { isClusterWorker } from './process-role.ts'
import { type ProcessView, processView } from './process-view.ts'
import { type Refusal, takeOver } from './take-over.ts'

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
  readonly refusal: Refusal | undefined
  readonly place: Place
  /** Asked once for all checks. */
  readonly page: Promise<PageFacts>
}

/**
 * Collects what several checks need. With a pid, this process first takes over the variables and
 * the working directory of that process, so that settings, paths and packages are the same.
 */
export async function targetOf(options: TargetOptions): Promise<Target> {
  const { pid, url } = options
  const named = pid === undefined ? undefined : processView(pid)
  const refusal = named ? takeOver(named) : undefined
  const known = refusal === undefined ? named : undefined
  const command = commandOfProcess(known)
  const variables = environment()
  const resolution = resolutionOf(options, command, variables)
  const { settings } = resolvedOf(resolution)
  const { endpoint: configured, isServed } = exporterSettings(settings)
  const endpoint = url ? configured : await withPort(configured, known)
  const holder = url ? undefined : findHolder(endpoint.address)
  const place = url ? placeOfUrl(url) : placeOf(endpoint)
  return {
    ...{ options, resolution, settings, endpoint, holder, command, place, refusal },
    environment: variables,
    isServed: isServed || command.name === 'serve',
    process: pid === undefined ? holder && processView(holder.pid) : named,
    page: pageOf({ endpoint, place, url, refusal }),
  }
}

function resolutionOf(
  options: TargetOptions,
  { name, flags }: CommandOfProcess,
  variables: Environment,
): Resolution {
  return resolveSettings({
    flags,
    environment: variables,
    file: findConfigFile(options.config ?? flags['config'] ?? variables[configVariable]),
    checksFiles: true,
    ...(name === undefined ? {} : { command: name }),
  })
}

interface Asked extends Pick<Target, 'endpoint' | 'place' | 'refusal'> {
  readonly url: URL | undefined
}

/** An address that is not known is not asked: another program could get the credentials. */
async function pageOf({ endpoint, place, url, refusal }: Asked): Promise<PageFacts> {
  if (refusal) return unaskedPage('the settings of the process are not known')
  if (!url && isChosenBySystem(endpoint.address)) {
    return unaskedPage('the port of the endpoint is not known')
  }
  return await askPage({ place, authorization: headerOf(endpoint, place) })
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

/** The endpoint with the port that the system has chosen, as far as the process shows the port. */
async function withPort(
  endpoint: ExporterSettings['endpoint'],
  view: ProcessView | undefined,
): Promise<ExporterSettings['endpoint']> {
  const { address } = endpoint
  if (!view || address.kind !== 'tcp' || !isChosenBySystem(address)) return endpoint
  // A worker tells nothing: the primary has the endpoint.
  const pids = isClusterWorker(view) ? [view.pid, view.parent] : [view.pid]
  for (const pid of pids) {
    const port = await chosenPort(pid, placeOf(endpoint))
    if (port !== undefined) return { ...endpoint, address: { ...address, port } }
  }
  return endpoint
}
