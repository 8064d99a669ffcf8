import type { IMetricReader, MetricProducer } from '@opentelemetry/sdk-metrics'
import { ConfigError } from '../../config/config-error.ts'
import { loadConfig } from '../../config/resolve/load-config.ts'
import { nameOf } from '../../config/setting-names.ts'
import { pageOptionsOf, type SettingName, type Settings } from '../../config/settings.ts'
import { loadPackage, packagePlaces } from '../../files/load-package.ts'
import { endpointLimits } from '../../limits/endpoint.ts'
import { log, setLogFormat } from '../../log/log.ts'
import { type CodedText, coded } from '../../model/errors/coded-text.ts'
import type { PageOptions } from '../../model/page/page-options.ts'
import { backoffMs } from '../../support/backoff.ts'
import { messageOf } from '../../support/error-message.ts'
import { setTimeout } from '../../support/intrinsics/timers.ts'

/** The used part of OTel's PrometheusExporter. */
interface PrometheusExporter extends IMetricReader {
  /** Rejects where the address is taken. */
  readonly startServer: () => Promise<void>
}

type ExporterClass = new (config: {
  readonly host: string
  readonly port: number
  readonly preventServerStart: true
  readonly withoutScopeInfo: boolean
  readonly withoutTargetInfo: boolean
  readonly metricProducers: MetricProducer[]
}) => PrometheusExporter

const packageName = '@opentelemetry/exporter-prometheus'
const missing =
  `clusterMetricReaders() without \`readers\` needs the package ${packageName}, ` +
  'which is missing'

export interface DefaultReader {
  readonly reader: IMetricReader
  /** Options that the exporter does not have, or that it applies in another way. */
  readonly page: PageOptions
}

/**
 * OTel's PrometheusExporter of the application, at the address and port of the configuration.
 * @throws Error for a missing package, with the command to install the package.
 * @throws ConfigError for a wrong configuration, or for an endpoint that the exporter cannot have.
 */
export function defaultReader(metricProducers: MetricProducer[]): DefaultReader {
  const settings = loadConfig()
  setLogFormat(settings.logFormat)
  const faults = faultsOf(settings)
  if (faults.length > 0) throw new ConfigError(faults)
  const { PrometheusExporter } = loadPackage(packageName, packagePlaces(), missing) as {
    PrometheusExporter: ExporterClass
  }
  const { bindAddress: host, metricsPort: port } = settings
  const { withoutScopeInfo, withoutTargetInfo } = settings
  const exporter = new PrometheusExporter({
    ...{ host, port, preventServerStart: true, withoutScopeInfo, withoutTargetInfo },
    metricProducers,
  })
  listen(exporter, settings)
  return { reader: exporter, page: pageOptionsOf(settings) }
}

const instead = 'pass `readers` to clusterMetricReaders() for another endpoint.'

function faultsOf(settings: Settings): CodedText[] {
  const { bindAddress, metricsPort } = settings
  const named = (name: SettingName): string => nameOf(settings, name)
  const isSocket = bindAddress.startsWith('unix:')
  const refused: readonly (readonly [isRefused: boolean, fault: string])[] = [
    [isSocket, `${named('bindAddress')} is ${bindAddress}, a unix socket`],
    [metricsPort === 0, `${named('metricsPort')} is 0`],
    [settings.sslCertfile !== undefined, `${named('sslCertfile')} is set`],
    [hasAccess(settings), 'PROMETHEUS_AUTH_* is set'],
  ]
  return refused
    .filter(([isRefused]) => isRefused)
    .map(([, fault]) =>
      coded(
        'GPE_READER_SETTING',
        `${fault}, which OpenTelemetry's PrometheusExporter cannot serve; ${instead}`,
      ),
    )
}

function hasAccess(settings: Settings): boolean {
  const { authUsername, authUsernameFile, authBearerToken, authBearerTokenFile } = settings
  return [authUsername, authUsernameFile, authBearerToken, authBearerTokenFile].some(
    (each) => each !== undefined,
  )
}

/** Tries again with growing pauses while another process has the port. Keeps no process alive. */
function listen(exporter: PrometheusExporter, settings: Settings): void {
  const { bindAddress, metricsPort } = settings
  const names = `${nameOf(settings, 'bindAddress')}, ${nameOf(settings, 'metricsPort')}`
  const { bindRetryFirstMs: firstMs, bindRetryLastMs: lastMs } = endpointLimits
  let failures = 0
  let isShutDown = false
  const attempt = (): void => {
    if (isShutDown) return
    // The exporter would return the promise of the failed attempt again.
    Reflect.set(exporter, '_startServerPromise', undefined)
    exporter.startServer().catch((error: unknown) => {
      failures += 1
      if (failures === 1) {
        log.error(
          coded(
            'GPE_LISTEN_FAILED',
            `the metrics cannot listen on ${bindAddress}:${metricsPort} (${names}), ` +
              `trying again: ${messageOf(error)}`,
          ),
        )
      }
      setTimeout(attempt, backoffMs(failures, { firstMs, lastMs })).unref()
    })
  }
  const shutdown = exporter.shutdown.bind(exporter)
  exporter.shutdown = async (options): Promise<void> => {
    isShutDown = true
    await shutdown(options)
  }
  attempt()
}
