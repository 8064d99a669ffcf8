import { resolve } from 'node:path'
import { isOn, type Settings } from '../../config/settings.ts'
import type { RunSettings } from '../../master/settings/run-settings.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'

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

/** Warnings about settings that have no effect, a sentence each. */
export function idleRequestSettings(settings: Settings): readonly CodedText[] {
  if (isOn(settings)) return []
  const { accessLogfile, statsdHost } = settings
  const idle = [
    ...(accessLogfile === undefined ? [] : ['The access log has no lines']),
    ...(statsdHost === undefined ? [] : ['StatsD gets no requests']),
  ]
  const reason = `the collector of requests is off (${offText(settings)}).`
  return idle.map((text) => coded('GPE_SETTING_UNUSED', `${text}: ${reason}`))
}

function offText({ sdkDisabled }: Settings): string {
  return sdkDisabled ? 'OTEL_SDK_DISABLED=true' : 'OTEL_METRICS_EXPORTER=none'
}

function named(file: string, directory: string): string {
  return file === '-' ? file : resolve(directory, file)
}
