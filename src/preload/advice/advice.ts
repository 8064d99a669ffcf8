import { type CodedText, coded } from '../../model/errors/coded-text.ts'

/*
 * Lines for an operator whose set-up shows less than expected. Each line says what is wrong and
 * what to do. docs/troubleshooting.md quotes the lines.
 */

export const hiddenInstruments: CodedText = coded(
  'GPE_SDK_FIRST',
  'the application registered a MeterProvider of an unknown OpenTelemetry SDK before ' +
    'gunicorn-prometheus-exporter/register: metrics that the application made until then are ' +
    'missing on the page. Load gunicorn-prometheus-exporter/register first.',
)

export const unknownApi: CodedText = coded(
  'GPE_API_NOT_FOUND',
  'the page lacks the metrics that the application makes by OpenTelemetry’s API: the package ' +
    '@opentelemetry/api is neither near the program nor near its working directory. Install the ' +
    'package beside the program, in the version that the bundle of the program contains.',
)

export const mainEntry: CodedText = coded(
  'GPE_MAIN_ENTRY',
  'Node.js preloads gunicorn-prometheus-exporter, whose main entry observes nothing. Preload ' +
    'gunicorn-prometheus-exporter/register instead.',
)

export const silentWorker: CodedText = coded(
  'GPE_WORKER_SILENT',
  'a worker listens and has sent no report for 10 seconds: it runs without ' +
    'gunicorn-prometheus-exporter/register, or hangs. cluster.setupPrimary({ execArgv }) ' +
    'replaces the flags of the primary. Set NODE_OPTIONS="--require ' +
    'gunicorn-prometheus-exporter/register", which workers inherit.',
)

export const unpreloadedPrimary: CodedText = coded(
  'GPE_PRIMARY_WITHOUT_PRELOAD',
  'no metrics: the primary runs without gunicorn-prometheus-exporter/register, so no process ' +
    'reads the metrics of the workers. Load the preload in the primary too. ' +
    'NODE_OPTIONS="--require gunicorn-prometheus-exporter/register" loads the preload in both.',
)

/** @param versions of the preload that runs, and of the preload that does nothing. */
export function secondCopy([running, idle]: readonly [running: string, idle: string]): CodedText {
  return coded(
    'GPE_TWO_VERSIONS',
    `gunicorn-prometheus-exporter/register ${idle} does nothing, because version ${running} of ` +
      'the preload runs in this process. Install one version.',
  )
}
