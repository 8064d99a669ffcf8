import { resolve } from 'node:path'
import type { Settings } from '../../config/settings.ts'
import type { RunSettings } from '../../master/settings/run-settings.ts'

/**
 * What workers do with each ended request.
 * @param directory where relative paths start.
 */
export function requestSettings(
  settings: Settings,
  directory: string,
): Pick<RunSettings, 'accessLog' | 'statsd'> {
  const { accessLogfile: file, accessLogformat: format, statsdHost } = settings
  const { statsdPrefix, dogstatsdTags: tags } = settings
  const name = statsdPrefix.replace(/\.+$/, '')
  return {
    accessLog: file === undefined ? undefined : { file: named(file, directory), format },
    statsd: statsdHost && { ...statsdHost, prefix: name === '' ? '' : `${name}.`, tags },
  }
}

function named(file: string, directory: string): string {
  return file === '-' ? file : resolve(directory, file)
}
