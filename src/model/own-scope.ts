/** The instrumentation scope of this package's own metrics. */
export const ownScope = 'gunicorn-prometheus-exporter'
