import type { SettingName, Settings } from './settings.ts'
import { accessSettings } from './table/access.ts'
import { endpointSettings } from './table/endpoint.ts'
import { masterSettings } from './table/master.ts'
import { metricsSettings } from './table/metrics.ts'
import { otelSettings } from './table/otel.ts'
import { redisSettings } from './table/redis.ts'
import type { Setting, SettingTable } from './table/setting.ts'
import { sidecarSettings } from './table/sidecar.ts'
import { tlsSettings } from './table/tls.ts'

/** Every setting, in the documents' order. */
export const table: SettingTable<Settings> = {
  ...endpointSettings,
  ...tlsSettings,
  ...accessSettings,
  ...metricsSettings,
  ...masterSettings,
  ...redisSettings,
  ...sidecarSettings,
  ...otelSettings,
}

export const settingNames: readonly SettingName[] = Object.keys(table) as SettingName[]

/** Every setting, without the type of the value. */
export const settings: readonly Setting[] = settingNames.map((name) => settingOf(name))

export function settingOf(name: SettingName): Setting {
  return table[name] as Setting
}
