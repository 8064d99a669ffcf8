import { resolve } from 'node:path'
import type { Settings } from '../../config/settings.ts'
import type { RunSettings } from '../../master/settings/run-settings.ts'

/**
 * What workers do with each ended request, and what changed files do.
 * @param directory where relative paths start.
 */
export function requestSettings(
  settings: Settings,
  directory: string,
): Pick<RunSettings, 'accessLog' | 'statsd' | 'fileReload'> {
  const { accessLogfile: file, accessLogformat: format, statsdHost } = settings
  const { statsdPrefix, dogstatsdTags: tags } = settings
  const { reload, reloadEngine: engine, reloadExtraFiles } = settings
  const extraFiles = reloadExtraFiles.map((path) => resolve(directory, path))
  const name = statsdPrefix.replace(/\.+$/, '')
  return {
    accessLog: file === undefined ? undefined : { file: named(file, directory), format },
    statsd: statsdHost && { ...statsdHost, prefix: name === '' ? '' : `${name}.`, tags },
    fileReload: reload ? { engine, extraFiles } : undefined,
  }
}

function named(file: string, directory: string): string {
  return file === '-' ? file : resolve(directory, file)
}
