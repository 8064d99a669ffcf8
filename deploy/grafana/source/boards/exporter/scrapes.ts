import type { Placed } from '../../panels.ts'
import { events, max, rate, series, sum, top } from '../../promql.ts'
import { keys, name, one, perCall } from './one.ts'

export function scrapes(): Placed[] {
  return [
    one({
      title: 'Duration of scrapes',
      description: 'As Prometheus measures, with the network.',
      page: 'docs/endpoint.md',
      python: 'data',
      unit: 's',
      expression: top(max(keys, series('scrape_duration_seconds'))),
      legend: name,
    }),
    one({
      title: 'Size of pages',
      description: 'Samples of a scrape. A page beyond 2,000,000 samples leaves out metrics.',
      page: 'docs/endpoint.md#the-size-of-a-page',
      python: 'data',
      unit: 'short',
      expression: top(max(keys, series('scrape_samples_scraped'))),
      legend: name,
    }),
    one({
      title: 'Scrapes by status',
      description: 'Answers of endpoints to requests for the page, per second.',
      page: 'docs/endpoint.md',
      unit: 'reqps',
      expression: sum('status_code', rate('gunicorn_exporter_scrapes_total')),
      legend: '{{status_code}}',
    }),
    one({
      title: 'Work for a page',
      description: 'Time of the exporter for one page. The application does not wait for it.',
      page: 'docs/endpoint.md',
      unit: 's',
      expression: top(
        perCall('gunicorn_exporter_scrape_seconds_total', 'gunicorn_exporter_scrapes_total'),
      ),
      legend: name,
    }),
    one({
      title: 'Series by instance',
      description: 'Series that exporters hold. A histogram is one series.',
      page: 'docs/limits.md#numbers',
      unit: 'short',
      expression: top(max(keys, series('gunicorn_exporter_series'))),
      legend: name,
    }),
    one({
      title: 'Dropped connections',
      description: 'Connections of endpoints that were closed or refused for lack of room.',
      page: 'docs/endpoint.md',
      unit: 'short',
      hasBars: true,
      expression: events('reason', 'gunicorn_exporter_dropped_connections_total'),
      legend: '{{reason}}',
    }),
  ]
}
