import type { SettingName, Settings } from './settings.ts'
import { accessTable } from './table/access.ts'
import { endpointTable } from './table/endpoint.ts'
import { logTable } from './table/logs.ts'
import { masterTable } from './table/master.ts'
import { metricsTable } from './table/metrics.ts'
import { otelTable } from './table/otel.ts'
import { processTable } from './table/process.ts'
import { redisTable } from './table/redis.ts'
import { requestTable } from './table/requests.ts'
import { accessLogTable } from './table/run/access-log.ts'
import { controlTable } from './table/run/control.ts'
import { reloadingTable } from './table/run/reloading.ts'
import { statsdTable } from './table/run/statsd.ts'
import type { Setting, SettingTable } from './table/setting.ts'
import { sidecarTable } from './table/sidecar.ts'
import { tlsTable } from './table/tls.ts'

/** Every setting, in the documents' order. */
export const table: SettingTable<Settings> = {
  ...endpointTable,
  ...tlsTable,
  ...accessTable,
  ...metricsTable,
  ...requestTable,
  ...logTable,
  ...masterTable,
  ...processTable,
  ...controlTable,
  ...reloadingTable,
  ...accessLogTable,
  ...statsdTable,
  ...redisTable,
  ...sidecarTable,
  ...otelTable,
}

export const settingNames: readonly SettingName[] = Object.keys(table) as SettingName[]

/** Every setting, without the type of the value. */
export const settings: readonly Setting[] = settingNames.map((name) => settingOf(name))

export function settingOf(name: SettingName): Setting {
  return table[name] as Setting
}
