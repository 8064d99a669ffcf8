import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { source } from './panel.ts'
import { events, series } from './promql.ts'

/*
 * Events on the panels. An annotation begins with the event and is as long as `$__rate_interval`.
 */

interface Annotation {
  readonly name: string
  readonly color: string
  readonly expression: string
  readonly title: string
  readonly text: string
}

/** HUP, USR2, TTIN and other signals to the master, or to a process that listens for them. */
export function signals(): dashboard.AnnotationQueryBuilder {
  const labels = 'job, instance, reason'
  const metric = 'gunicorn_master_worker_restart_total'
  return annotation({
    name: 'Signals',
    color: 'blue',
    expression: `${events(labels, metric, 'reason!="chld"')} > 0`,
    title: 'Signal {{reason}}',
    text: '{{job}} {{instance}}',
  })
}

/** A version of the service that was not there before. */
export function deploys(): dashboard.AnnotationQueryBuilder {
  const versions = series('target_info', 'service_version!=""')
  const now = `group by (job, service_version) (${versions})`
  return annotation({
    name: 'Versions',
    color: 'green',
    expression: `${now} unless ${now.replace(versions, `${versions} offset $__rate_interval`)}`,
    title: 'Version {{service_version}}',
    text: '{{job}}',
  })
}

/** Ends that nobody asked for. */
export function deaths(): dashboard.AnnotationQueryBuilder {
  const labels = 'job, instance, reason'
  const metric = 'gunicorn_worker_restart_count_total'
  return annotation({
    name: 'Deaths',
    color: 'red',
    expression: `${events(labels, metric, 'restart_type=~"crash|forced"')} > 0`,
    title: 'Worker died: {{reason}}',
    text: '{{job}} {{instance}}',
  })
}

function annotation(spec: Annotation): dashboard.AnnotationQueryBuilder {
  const target = new DataqueryBuilder().datasource(source).refId('Anno').range()
  return new dashboard.AnnotationQueryBuilder()
    .name(spec.name)
    .datasource(source)
    .enable(true)
    .iconColor(spec.color)
    .expr(spec.expression)
    .target(target.expr(spec.expression))
    .titleFormat(spec.title)
    .textFormat(spec.text)
}
