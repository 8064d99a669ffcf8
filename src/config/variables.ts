/** Names the configuration file. */
export const configVariable = 'GUNICORN_PROMETHEUS_EXPORTER_CONFIG'

/** The file in the working directory, when no file is named. */
export const defaultFile = 'gunicorn-prometheus-exporter.yml'

/** The pid of a parent process that has the preload. */
export const parentVariable = 'GUNICORN_PROMETHEUS_EXPORTER_PARENT'

/** The messages about the configuration that the primary of this process has already logged. */
export const toldVariable = 'GUNICORN_PROMETHEUS_EXPORTER_TOLD'

/** The directory for the files of a worker, from its primary. */
export const filesVariable = 'GUNICORN_PROMETHEUS_EXPORTER_FILES'

/** The memory for the counts of a worker, from its primary. */
export const memoryVariable = 'GUNICORN_PROMETHEUS_EXPORTER_MEMORY'

/** The directory for the files of a worker, from the `ClusterTotals` of its primary. */
export const sdkFilesVariable = 'GUNICORN_PROMETHEUS_EXPORTER_SDK_FILES'

/** Variables that processes of this package set for each other. */
export const internalVariables: readonly string[] = [
  parentVariable,
  toldVariable,
  filesVariable,
  memoryVariable,
  sdkFilesVariable,
  'GUNICORN_SOCKETS',
  'GUNICORN_AGENT',
]

/** The password of `top --user`. */
export const topPasswordVariable = 'GUNICORN_TOP_PASSWORD'

/** The bearer token of `top`. */
export const topTokenVariable = 'GUNICORN_TOP_TOKEN'

/** Variables that tools of this package read, and the exporter does not. */
export const toolVariables: readonly string[] = [topPasswordVariable, topTokenVariable]
