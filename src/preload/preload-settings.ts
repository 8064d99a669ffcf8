import { workerCluster } from '../collect/cluster/forks.ts'
import { findConfigFile } from '../config/config-file.ts'
import { environment } from '../config/environment.ts'
import { messagesOf } from '../config/problem.ts'
import { resolveSettings } from '../config/resolve/resolve.ts'
import { announceTold } from '../config/resolve/told-messages.ts'
import { isOn, type Settings } from '../config/settings.ts'
import { configVariable } from '../config/variables.ts'
import { doctorHint } from '../log/doctor-hint.ts'
import { log, parseLogLevel, readLogVariables, setLogFormat, setLogLevel } from '../log/log.ts'
import { type CodedText, firstCode, sentences } from '../model/errors/coded-text.ts'
import { untold } from './advice/tell.ts'

/**
 * Reads the settings from the environment and the configuration file, and logs every fault on
 * stderr. One process of a cluster logs for all.
 *
 * @param checksFiles whether each named file must exist. A worker can run as a user without access
 * to the files.
 * @returns `undefined` if the exporter is switched off or the configuration is wrong.
 */
export function readSettings(checksFiles: boolean): Settings | undefined {
  const variables = environment()
  // Before the first message: `OTEL_LOG_LEVEL=none` also silences configuration faults.
  readLogVariables(variables)
  const file = findConfigFile(variables[configVariable])
  const resolution = resolveSettings({ environment: variables, file, checksFiles })
  if (resolution.kind === 'faults') {
    setLogFormat(resolution.partial.settings.logFormat)
    tell(messagesOf(resolution.faults), messagesOf(resolution.partial.warnings))
    return undefined
  }
  const settings = adoptSettings(resolution.settings)
  tell([], messagesOf(resolution.warnings))
  for (const text of messagesOf(resolution.notes)) log.debug(text)
  return settings
}

/**
 * Applies the log level of settings that are already resolved.
 *
 * @returns `undefined` if the settings switch the exporter off.
 */
export function adoptSettings(settings: Settings): Settings | undefined {
  setLogLevel(parseLogLevel(settings.logLevel) ?? 'warn')
  setLogFormat(settings.logFormat)
  if (!isOn(settings)) {
    log.debug('the configuration switches the exporter off')
    return undefined
  }
  log.debug(`configuration resolved: ${settings.bindAddress}, port ${settings.metricsPort}`)
  return settings
}

/** Logs the messages, unless another process of the cluster has logged them: one line for each. */
function tell(allFaults: readonly CodedText[], allWarnings: readonly CodedText[]): void {
  const [faults, warnings] = [untold(allFaults), untold(allWarnings)]
  if (faults.length > 0) {
    const text: CodedText = `the exporter is switched off: ${sentences(faults)}${doctorHint()}`
    log.error(text, { code: firstCode(faults), faults })
  }
  if (warnings.length > 0) {
    log.warn(sentences(warnings), { code: firstCode(warnings), warnings })
  }
  if (!workerCluster()) announceTold([...allFaults, ...allWarnings])
}
