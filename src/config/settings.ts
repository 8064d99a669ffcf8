import type { PageOptions } from '../model/page/page-options.ts'
import type { AccessSettings } from './table/access.ts'
import type { EndpointSettings } from './table/endpoint.ts'
import type { LogSettings } from './table/logs.ts'
import type { MasterSettings } from './table/master.ts'
import type { MetricsSettings } from './table/metrics.ts'
import type { OtelSettings } from './table/otel.ts'
import type { ProcessSettings } from './table/process.ts'
import type { RedisSettingValues } from './table/redis.ts'
import type { RequestSettings } from './table/requests.ts'
import type { AccessLogTableSettings } from './table/run/access-log.ts'
import type { ControlSettings } from './table/run/control.ts'
import type { ReloadingSettings } from './table/run/reloading.ts'
import type { StatsdTableSettings } from './table/run/statsd.ts'
import { Secret } from './table/secret.ts'
import type { SidecarSettings } from './table/sidecar.ts'
import type { TlsSettings } from './table/tls.ts'

/**
 * The resolved configuration, read-only. `docs/configuration.md` explains each setting: both come
 * from the tables.
 */
export interface Settings
  extends EndpointSettings,
    TlsSettings,
    AccessSettings,
    MetricsSettings,
    RequestSettings,
    LogSettings,
    MasterSettings,
    ProcessSettings,
    ControlSettings,
    ReloadingSettings,
    AccessLogTableSettings,
    StatsdTableSettings,
    RedisSettingValues,
    SidecarSettings,
    OtelSettings {}

/** The least important level of our messages that reaches stderr, in OpenTelemetry's words. */
export type DiagLevel = Settings['logLevel']

/** An instrumentation of OpenTelemetry that the preload can add. */
export type OtelInstrumentationName = Settings['instrumentations'][number]

export type SettingName = keyof Settings

/** The instrumentations of both settings. */
export function otelInstrumentationsOf(settings: Settings): readonly OtelInstrumentationName[] {
  const { instrumentations, enabledInstrumentations, disabledInstrumentations } = settings
  const enabled = enabledInstrumentations.filter((name) => !disabledInstrumentations.includes(name))
  const asked: readonly string[] = [...instrumentations, ...enabled]
  return (['http', 'http-client', 'runtime-node'] as const).filter((name) => asked.includes(name))
}

/** The options of the page. */
export function pageOptionsOf(settings: Settings): PageOptions {
  const { metricPrefix: prefix, resourceConstantLabels, withoutScopeInfo } = settings
  const { withoutTargetInfo } = settings
  return {
    prefix,
    withResourceConstantLabels: resourceConstantLabels,
    withoutScopeInfo,
    withoutTargetInfo,
  }
}

/** Whether the exporter collects anything. */
export function isOn({ sdkDisabled, metricsExporters }: Settings): boolean {
  return !(sdkDisabled || metricsExporters.includes('none'))
}

/** The values of all secret settings, for redaction. */
export function secretsOf(settings: Settings): string[] {
  const values: readonly unknown[] = Object.values(settings)
  return values.flatMap((value) => (value instanceof Secret ? [value.reveal()] : []))
}
