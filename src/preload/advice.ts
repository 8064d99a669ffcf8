/*
 * Lines for an operator whose set-up shows less than expected. Each line says what is wrong and
 * what to do. docs/troubleshooting.md quotes the lines.
 */

export const hiddenInstruments: string =
  'the application registered a MeterProvider of an unknown OpenTelemetry SDK before ' +
  'gunicorn-prometheus-exporter/register: metrics that the application made until then are ' +
  'missing on the page. Load gunicorn-prometheus-exporter/register first'
