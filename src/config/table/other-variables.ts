/**
 * Variables of gunicorn and of Python's `prometheus_client` without a meaning for this package, and
 * what to use instead. An environment for a mixed fleet can have them on purpose.
 */
export const pythonVariables: Readonly<Record<string, string>> = {
  GUNICORN_CMD_ARGS:
    'Give the options to `run`, or set GUNICORN_WORKERS, GUNICORN_TIMEOUT and so on.',
  GUNICORN_BIND: 'The application chooses its address itself: `server.listen(port, host)`.',
  GUNICORN_WORKER_CLASS: 'Every worker of Node.js serves many connections at a time.',
  GUNICORN_THREADS: 'A worker of Node.js has one event loop. Set GUNICORN_WORKERS.',
  GUNICORN_PRELOAD: 'Every worker loads the application itself. Use `onWarmUp()`.',
  GUNICORN_PRELOAD_APP: 'Every worker loads the application itself. Use `onWarmUp()`.',
  GUNICORN_PID: 'Use the option --pid of `run`.',
  GUNICORN_PIDFILE: 'Use the option --pid of `run`.',
  GUNICORN_LOG_FILE: 'Use the option --log-file of `run`.',
  GUNICORN_ERROR_LOG: 'Use the option --log-file of `run`.',
  GUNICORN_ERRORLOG: 'Use the option --log-file of `run`.',
  GUNICORN_LOG_LEVEL: 'Use the option --log-level of `run`, or set OTEL_LOG_LEVEL.',
  GUNICORN_LOGLEVEL: 'Use the option --log-level of `run`, or set OTEL_LOG_LEVEL.',
  GUNICORN_ACCESS_LOG: 'Set GUNICORN_ACCESS_LOGFILE.',
  GUNICORN_ACCESSLOG: 'Set GUNICORN_ACCESS_LOGFILE.',
  GUNICORN_ACCESS_LOG_FORMAT: 'Set GUNICORN_ACCESS_LOGFORMAT.',
  GUNICORN_CONF: 'Set GUNICORN_PROMETHEUS_EXPORTER_CONFIG to a YAML file.',
  GUNICORN_CONFIG: 'Set GUNICORN_PROMETHEUS_EXPORTER_CONFIG to a YAML file.',
  PROMETHEUS_MULTIPROC: 'Set PROMETHEUS_MULTIPROC_DIR.',
  PROMETHEUS_MULTIPROC_MODE: 'Gauges of the application always have one series per worker.',
  PROMETHEUS_DISABLE_CREATED_SERIES: 'The page has no `_created` series.',
}

/** Other names that users give to settings, and the right names. */
export const aliases: Readonly<Record<string, string>> = {
  PROMETHEUS_METRICS_HOST: 'PROMETHEUS_BIND_ADDRESS',
  PROMETHEUS_METRICS_ADDRESS: 'PROMETHEUS_BIND_ADDRESS',
  PROMETHEUS_METRICS_BIND_ADDRESS: 'PROMETHEUS_BIND_ADDRESS',
  PROMETHEUS_MULTIPROC_DIRECTORY: 'PROMETHEUS_MULTIPROC_DIR',
  PROMETHEUS_BIND_PORT: 'PROMETHEUS_METRICS_PORT',
  PROMETHEUS_SSL_CERT: 'PROMETHEUS_SSL_CERTFILE',
  PROMETHEUS_SSL_KEY: 'PROMETHEUS_SSL_KEYFILE',
  PROMETHEUS_AUTH_USER: 'PROMETHEUS_AUTH_USERNAME',
  REDIS_USER: 'REDIS_USERNAME',
  REDIS_PASS: 'REDIS_PASSWORD',
  REDIS_DATABASE: 'REDIS_DB',
  REDIS_TLS: 'REDIS_SSL',
  REDIS_TTL: 'REDIS_TTL_SECONDS',
  REDIS_PREFIX: 'REDIS_KEY_PREFIX',
  // OTel has these variables for metrics alone.
  OTEL_EXPORTER_OTLP_TEMPORALITY_PREFERENCE: 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
  OTEL_EXPORTER_OTLP_DEFAULT_HISTOGRAM_AGGREGATION:
    'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION',
}

const noDeclarative =
  'This package reads no declarative configuration of OpenTelemetry. Set its variables, or ' +
  'GUNICORN_PROMETHEUS_EXPORTER_CONFIG.'

/** Variables of OpenTelemetry that change metrics in other SDKs, and what to do here. */
export const declarativeVariables: Readonly<Record<string, string>> = {
  OTEL_CONFIG_FILE: noDeclarative,
  OTEL_EXPERIMENTAL_CONFIG_FILE: noDeclarative,
}

/** As above. Another SDK of the process often needs the variable: only `check` shows a note. */
export const ineffectiveVariables: Readonly<Record<string, string>> = {
  OTEL_METRICS_EXEMPLAR_FILTER: 'Metrics of this package have no exemplars.',
  OTEL_ENTITIES: 'Set OTEL_RESOURCE_ATTRIBUTES.',
  OTEL_ATTRIBUTE_COUNT_LIMIT: 'OpenTelemetry limits no attributes of metrics.',
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: 'OpenTelemetry limits no attributes of metrics.',
  OTEL_SEMCONV_STABILITY_OPT_IN: 'Metrics have the names of the stable conventions.',
  OTEL_NODE_EXPERIMENTAL_SDK_METRICS: 'The metrics gunicorn_exporter_* tell about the exporter.',
}

/**
 * Known variables of OpenTelemetry without a setting. This package reads some of the variables.
 * The other variables are for traces and logs.
 */
export const otelVariables: readonly string[] = [
  ...Object.keys(declarativeVariables),
  ...Object.keys(ineffectiveVariables),
  'OTEL_TRACES_EXPORTER',
  'OTEL_LOGS_EXPORTER',
  ...['', 'METRICS_', 'TRACES_', 'LOGS_'].flatMap((signal) =>
    [
      ...['ENDPOINT', 'HEADERS', 'TIMEOUT', 'COMPRESSION', 'PROTOCOL', 'INSECURE', 'CERTIFICATE'],
      ...['CLIENT_KEY', 'CLIENT_CERTIFICATE'],
    ].map((name) => `OTEL_EXPORTER_OTLP_${signal}${name}`),
  ),
  'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
]
