import { configVariable, findConfigFile } from '../config/config-file.ts'
import { environment } from '../config/environment.ts'
import { resolveSettings } from '../config/resolve/resolve.ts'
import { isOn, type Settings } from '../config/settings.ts'
import { log, parseLogLevel, readLogVariables, setLogFormat, setLogLevel } from '../log/log.ts'

/**
 * Reads the settings from the environment and the configuration file, and logs every fault on
 * stderr.
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
  if (resolution.kind !== 'settings') {
    log.error(`the exporter is switched off: ${resolution.faults.join(' ')}`)
    return undefined
  }
  for (const text of resolution.warnings) log.warn(text)
  const settings = adoptSettings(resolution.settings)
  for (const text of resolution.disregarded) log.debug(text)
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
