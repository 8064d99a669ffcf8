import type { Declaration } from './declaration.ts'

const configuration = { check: 'configuration', page: 'configuration.md' } as const
const node = { check: 'node', page: 'limits.md#nodejs-2019' } as const
const packages = { check: 'packages', page: 'opentelemetry.md' } as const
const preload = { check: 'preload', page: 'preload.md' } as const
const pm2 = { check: 'pm2', page: 'sidecar.md#pm2' } as const

const nodeOptions = 'NODE_OPTIONS="--require gunicorn-prometheus-exporter/register"'

export type SetupFindingId =
  | 'setting-package'
  | 'setting-wrong'
  | 'setting-doubtful'
  | 'switched-off'
  | 'process-missing'
  | 'node-unsupported'
  | 'node-thread-abort'
  | 'node-no-loader-hook'
  | 'instrumentation-package'
  | 'api-versions'
  | 'api-copies'
  | 'exporter-copies'
  | 'worker-without-preload'
  | 'primary-without-preload'
  | 'process-without-preload'
  | 'preload-main-entry'
  | 'preload-unresolved'
  | 'pm2-without-directory'
  | 'pm2-instances'

/** Findings about settings, Node.js, packages and processes. */
export const setupDeclarations: Readonly<Record<SetupFindingId, Declaration>> = {
  'setting-package': {
    ...configuration,
    level: 'problem',
    meaning: 'The package that reads the configuration file is missing or broken.',
    remedy: 'Install the package as the finding says. `npm ci` repairs a broken package.',
  },
  'setting-wrong': {
    ...configuration,
    level: 'problem',
    meaning: 'A setting is refused. The exporter does not start.',
    remedy: 'Correct {key}. `npx gunicorn-prometheus-exporter check` prints all settings.',
  },
  'setting-doubtful': {
    ...configuration,
    level: 'warning',
    meaning: 'A value is ignored, or a variable looks mistyped.',
    remedy: 'Correct or remove {key}.',
  },
  'switched-off': {
    ...configuration,
    level: 'problem',
    meaning: 'OTEL_SDK_DISABLED or OTEL_METRICS_EXPORTER switches the exporter off.',
    remedy: 'Remove {key} from the environment of the application.',
  },
  'process-missing': {
    ...configuration,
    level: 'problem',
    page: 'doctor.md#which-set-up',
    meaning: 'No process has the pid of `--pid`.',
    remedy: 'Find the pid of the application with `pgrep -af node`.',
  },
  'node-unsupported': {
    ...node,
    level: 'problem',
    page: 'troubleshooting.md#there-is-no-page',
    meaning: 'The version of Node.js is outside of the supported range.',
    remedy: 'Use Node.js {range}.',
  },
  'node-thread-abort': {
    ...node,
    level: 'warning',
    meaning: 'Node.js 20.19 may abort the process where a thread ends.',
    remedy: 'Use Node.js 20.20, 22, 24 or later.',
  },
  'node-no-loader-hook': {
    ...node,
    level: 'note',
    page: 'routes.md#the-loader-hook',
    meaning: 'This Node.js shows no routes of some frameworks in ES modules.',
    remedy: 'Use Node.js 22.22.3, 24.12, 25.1 or later, if routes are missing.',
  },
  'instrumentation-package': {
    ...packages,
    level: 'problem',
    page: 'opentelemetry.md#packages',
    meaning:
      'A setting asks for an instrumentation of OpenTelemetry whose package is missing, broken, ' +
      'or of a version that does not fit.',
    remedy: 'Install the package as the finding says. `npm ci` repairs a broken package.',
  },
  'api-versions': {
    ...packages,
    level: 'problem',
    meaning:
      'The application has copies of @opentelemetry/api with different minor versions. A newer ' +
      'copy refuses what an older copy has registered, so metrics are missing.',
    remedy: 'Keep one version: `npm install @opentelemetry/api@{version} && npm dedupe`.',
  },
  'api-copies': {
    ...packages,
    level: 'note',
    meaning: 'The application has several copies of @opentelemetry/api with one minor version.',
    remedy: 'Run `npm dedupe`.',
  },
  'exporter-copies': {
    ...packages,
    level: 'warning',
    page: 'troubleshooting.md#there-is-no-page',
    meaning: 'Several versions of this package are installed. The first that loads runs.',
    remedy: 'Install one version, and run `npm dedupe`.',
  },
  'worker-without-preload': {
    ...preload,
    level: 'problem',
    page: 'limits.md#processes-that-are-not-observed',
    meaning: 'Workers of the cluster run without the preload, so they send no reports.',
    remedy: `Start the primary with ${nodeOptions}. Workers inherit the variable.`,
  },
  'primary-without-preload': {
    ...preload,
    level: 'problem',
    page: 'limits.md#processes-that-are-not-observed',
    meaning: 'The workers have the preload, and the primary has no preload.',
    remedy: `Start the primary with ${nodeOptions}.`,
  },
  'process-without-preload': {
    ...preload,
    level: 'problem',
    meaning: 'Neither the command line nor NODE_OPTIONS of the process has the preload.',
    remedy: `Start the process with ${nodeOptions}, or with \`run\`.`,
  },
  'preload-main-entry': {
    ...preload,
    level: 'problem',
    page: 'troubleshooting.md#there-is-no-page',
    meaning: 'The process preloads the main entry, which observes nothing.',
    remedy: 'Preload `gunicorn-prometheus-exporter/register`.',
  },
  'preload-unresolved': {
    ...preload,
    level: 'problem',
    meaning: 'NODE_OPTIONS names the preload, and the package does not resolve here.',
    remedy: 'Run `npm install gunicorn-prometheus-exporter` in {directory}.',
  },
  'pm2-without-directory': {
    ...pm2,
    level: 'problem',
    meaning: "PM2's cluster mode has no preload in its daemon, and no shared directory.",
    remedy:
      'Set PROMETHEUS_SHARED_DIR for the application, and start ' +
      '`npx gunicorn-prometheus-exporter serve` with the same directory.',
  },
  'pm2-instances': {
    ...pm2,
    level: 'note',
    meaning: 'PM2 runs the application. Metrics of its instances come from the sidecar.',
    remedy: 'Scrape the page of `serve`.',
  },
}
