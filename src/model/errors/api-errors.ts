import type { ErrorDeclaration } from './declaration.ts'

export type ApiErrorCode =
  | 'GPE_ARGUMENT'
  | 'GPE_HOOKS'
  | 'GPE_BUNDLED'
  | 'GPE_NODE_TOO_OLD'
  | 'GPE_PACKAGE_MISSING'
  | 'GPE_PACKAGE_BROKEN'
  | 'GPE_PACKAGE_VERSION'
  | 'GPE_READER_SETTING'
  | 'GPE_NO_READER'
  | 'GPE_HANDLER_ARGUMENTS'
  | 'GPE_HANDLER_FAILED'
  | 'GPE_HANDLER_TOO_LATE'

const ofAllPackages = [
  'setting-package',
  'redis-package',
  'otlp-package',
  'instrumentation-package',
] as const

/** Codes of functions that the application calls. */
export const apiErrors: Readonly<Record<ApiErrorCode, ErrorDeclaration>> = {
  GPE_ARGUMENT: {
    level: 'error',
    meaning: 'A function of the package got an argument that is not allowed.',
    remedy: 'Pass what the message allows.',
    page: 'opentelemetry.md',
  },
  GPE_HOOKS: {
    level: 'error',
    meaning: 'The hooks of a master cannot be loaded, or have a wrong name or type.',
    remedy: 'Correct the hook that the line names.',
    page: 'run.md#hooks',
  },
  GPE_BUNDLED: {
    level: 'error',
    meaning: 'A bundler took a file of the package without the files that it loads.',
    remedy: 'Mark the package as external, or use the entry for bundlers.',
    page: 'packing.md',
  },
  GPE_NODE_TOO_OLD: {
    level: 'error',
    meaning: 'The package needs a newer Node.js.',
    remedy: 'Use Node.js 20.19 or later.',
    page: 'preload.md',
  },
  GPE_PACKAGE_MISSING: {
    level: 'error',
    meaning: 'A package is missing that a setting or the configuration file needs.',
    remedy: 'Install the package with the command in the line.',
    page: 'opentelemetry.md#packages',
    findings: ofAllPackages,
  },
  GPE_PACKAGE_BROKEN: {
    level: 'error',
    meaning: 'A package is installed, and cannot be loaded.',
    remedy: 'Install all packages again with `npm ci`. The line has the reason.',
    page: 'opentelemetry.md#packages',
    findings: ofAllPackages,
  },
  GPE_PACKAGE_VERSION: {
    level: 'error',
    meaning: 'A package is installed in a version that does not fit.',
    remedy: 'Install a version that fits, with the command in the line.',
    page: 'opentelemetry.md#packages',
    findings: ['otlp-package', 'instrumentation-package'],
  },
  GPE_READER_SETTING: {
    level: 'error',
    meaning: 'A setting of the endpoint cannot apply to the PrometheusExporter of OpenTelemetry.',
    remedy: 'Remove the setting, or pass `readers`.',
    page: 'opentelemetry.md',
  },
  GPE_NO_READER: {
    level: 'warning',
    meaning: 'An instrumentation measures, and nothing reads its metrics.',
    remedy: 'Pass `metricReaders: clusterMetricReaders()` to the SDK.',
    page: 'opentelemetry.md',
  },
  GPE_HANDLER_ARGUMENTS: {
    level: 'error',
    meaning: '`metricsHandler` does not know the arguments of its call.',
    remedy: 'Pass request and response of Node.js, or a Request of the Fetch API.',
    page: 'preload.md#the-page-on-your-own-port',
  },
  GPE_HANDLER_FAILED: {
    level: 'error',
    meaning: '`metricsHandler` cannot answer, because of an error.',
    remedy: 'Remove the cause that the line names.',
    page: 'preload.md#the-page-on-your-own-port',
  },
  GPE_HANDLER_TOO_LATE: {
    level: 'error',
    meaning: 'The response had begun before `metricsHandler` got it.',
    remedy: 'Call `metricsHandler` before anything else writes to the response.',
    page: 'preload.md#the-page-on-your-own-port',
  },
}

const ofPackages: ReadonlySet<string | undefined> = new Set<ApiErrorCode>([
  'GPE_PACKAGE_MISSING',
  'GPE_PACKAGE_BROKEN',
  'GPE_PACKAGE_VERSION',
])

/** Whether the cause is a package, which the user installs. */
export function isOfPackage(code: string | undefined): boolean {
  return ofPackages.has(code)
}
