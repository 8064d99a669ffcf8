import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { source } from './panel.ts'

/*
 * The variables of all dashboards. Links between dashboards hand them on.
 */

type Variable = Parameters<dashboard.DashboardBuilder['withVariable']>[0]

export function sourceVariable(): Variable {
  return new dashboard.DatasourceVariableBuilder('datasource')
    .label('Data source')
    .description('The Prometheus server that scrapes the services.')
    .type('prometheus')
}

/** Metrics that every service has: with this package, in Python, a sidecar, or of an SDK. */
const serviceMetrics = [
  'gunicorn_worker_uptime_seconds',
  'gunicorn_sidecar_uptime_seconds',
  'http_server_request_duration_seconds(_count)?',
]

/** All jobs are those of the list: panels of `up` must not show the targets of other exporters. */
export function jobVariable(): Variable {
  const query = `label_values({__name__=~"${serviceMetrics.join('|')}"}, job)`
  return choice('job', 'Job', query).description('Services, by the job of Prometheus.')
}

/** A service that pushes has no `up`. */
export function instanceVariable(): Variable {
  const names = ['up', ...serviceMetrics].join('|')
  const query = `label_values({job=~"$job", __name__=~"${names}"}, instance)`
  return choice('instance', 'Instance', query)
    .allValue('.*')
    .description('Clusters and processes of the jobs.')
}

export function workerVariable(): Variable {
  const query =
    'label_values(gunicorn_worker_uptime_seconds{job=~"$job", instance=~"$instance"}, worker_id)'
  return choice('worker', 'Worker', query).allValue('.*').description('Workers of the instances.')
}

export function routeVariable(): Variable {
  const query =
    'label_values({job=~"$job", instance=~"$instance", ' +
    '__name__=~"http_server_request_duration_seconds(_count)?"}, http_route)'
  return choice('route', 'Route', query)
    .allValue('.*')
    .description('Route templates of the web framework.')
}

export function topVariable(): Variable {
  return new dashboard.CustomVariableBuilder('top')
    .label('Lines')
    .description('The most lines of a panel: the series with the highest values.')
    .values('5,10,20,64')
    .current({ text: '10', value: '10', selected: true })
}

/** Grafana's editor of variables shows a query of this type as text. */
const classicQuery = 5

function choice(name: string, label: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(source)
    .query({ qryType: classicQuery, query, refId: `variable-${name}` })
    .definition(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .current({ text: 'All', value: '$__all', selected: true })
}
