import { tmpdir } from 'node:os'
import { endpointLimits } from '../../limits/endpoint.ts'
import { stateLimits } from '../../limits/state.ts'
import { choice, directory, flag, integer, seconds } from './kind.ts'
import { address, port } from './network-kind.ts'
import { none, type SettingTable, serviceLink } from './setting.ts'

const topic = { topic: 'The endpoint' } as const

/** Settings of the endpoint. */
export interface EndpointSettings {
  /** 0 = any free port. */
  readonly metricsPort: number
  /** Host name, IP address, or `unix:/path`. */
  readonly bindAddress: string
  /** 0 = never older than the request. */
  readonly pageMaxAgeSeconds: number
  readonly maxConnections: number
  /** Whether the endpoint has the live page at `/`, and its data at `/live`. */
  readonly livePage: boolean
  /** Series on the page, from all sources. */
  readonly maxSeries: number
  /** How long a master waits for a last scrape after INT or QUIT; 0 = not at all. */
  readonly lastScrapeSeconds: number
  /** Directory for data that must survive a worker; undefined = off. */
  readonly multiprocDir: string | undefined
  /** When a worker writes its counts: after a turn of the event loop, or before each response. */
  readonly crashFiles: 'turn' | 'response'
  /** Whether workers keep their counts in memory that the primary can read. */
  readonly crashMemory: boolean
  readonly cleanupDbFiles: boolean
  /** Directory for a sidecar. The process then opens no endpoint; undefined = none. */
  readonly sharedDir: string | undefined
  /** Directory in which totals outlive the process; undefined = none. */
  readonly stateDir: string | undefined
}

export const endpointTable: SettingTable<EndpointSettings> = {
  metricsPort: {
    ...topic,
    kind: port,
    fallback: 9_091,
    env: ['PROMETHEUS_METRICS_PORT', 'OTEL_EXPORTER_PROMETHEUS_PORT'],
    foreign: serviceLink,
    keys: ['prometheus.metrics_port'],
    flag: { name: 'metrics-port', value: 'PORT' },
    help: 'port of the endpoint; 0: any free port',
  },
  bindAddress: {
    ...topic,
    kind: address,
    fallback: '0.0.0.0',
    env: ['PROMETHEUS_BIND_ADDRESS', 'OTEL_EXPORTER_PROMETHEUS_HOST'],
    keys: ['prometheus.bind_address'],
    flag: { name: 'metrics-address', value: 'ADDRESS' },
    help:
      'address of the endpoint: a host name, an IPv4 or IPv6 address, or `unix:/path`, a ' +
      'socket that only this user can open',
  },
  pageMaxAgeSeconds: {
    ...topic,
    kind: seconds(0, 60),
    fallback: 1,
    env: ['PROMETHEUS_PAGE_MAX_AGE'],
    keys: ['prometheus.page_max_age'],
    help:
      'seconds for which further scrapes get a rendered page; 0: only scrapes that came ' +
      'before the page was rendered get it',
  },
  maxConnections: {
    ...topic,
    kind: integer(1, 10_000),
    fallback: endpointLimits.endpointConnections,
    env: ['PROMETHEUS_MAX_CONNECTIONS'],
    keys: ['prometheus.max_connections'],
    help: 'connections that the endpoint holds open',
  },
  livePage: {
    ...topic,
    kind: flag,
    fallback: true,
    env: ['PROMETHEUS_LIVE_PAGE'],
    keys: ['prometheus.live_page'],
    help: 'a page for browsers at `/`, with its data at `/live` ([the live page](live.md))',
  },
  maxSeries: {
    ...topic,
    kind: integer(100, stateLimits.mostSeries),
    fallback: stateLimits.series,
    env: ['PROMETHEUS_MAX_SERIES'],
    keys: ['prometheus.max_series'],
    help:
      'series on the page; more are left out and counted. Above 170,000, the exporter’s ' +
      'thread gets 3 KiB of heap for each',
  },
  lastScrapeSeconds: {
    ...topic,
    kind: seconds(0, 300),
    fallback: 2,
    env: ['PROMETHEUS_LAST_SCRAPE_SECONDS'],
    keys: ['prometheus.last_scrape_seconds'],
    help:
      'seconds for which `run` waits for a last scrape after INT or QUIT, if the page was ' +
      'scraped in the last two minutes',
  },
  multiprocDir: {
    ...topic,
    kind: directory,
    fallback: tmpdir(),
    fallbackText: "the system's temporary directory",
    env: ['PROMETHEUS_MULTIPROC_DIR'],
    keys: ['prometheus.multiproc_dir'],
    flag: { name: 'multiproc-dir', value: 'DIRECTORY' },
    help:
      'directory for crash-safe counts and for last reports that are too large for the IPC ' +
      'channel; `off` disables both',
  },
  crashFiles: {
    ...topic,
    kind: choice('turn', 'response'),
    fallback: 'turn',
    env: ['GUNICORN_CRASH_FILES'],
    keys: ['gunicorn.crash_files'],
    help:
      'when a worker writes its crash-safe counts; `turn`: after each turn of the event loop; ' +
      '`response`: before each answer leaves, so that a kill loses no answered request ' +
      '([costs](limits.md#the-write-before-the-answer))',
  },
  crashMemory: {
    ...topic,
    kind: flag,
    fallback: true,
    env: ['GUNICORN_CRASH_MEMORY'],
    keys: ['gunicorn.crash_memory'],
    help:
      'keeps crash-safe counts in memory that the primary can read, where the platform allows; ' +
      'otherwise, and with `false`, workers write files ' +
      '([differences](limits.md#where-counts-live))',
  },
  cleanupDbFiles: {
    ...topic,
    kind: flag,
    fallback: true,
    env: ['CLEANUP_DB_FILES'],
    keys: ['cleanup.db_files'],
    help:
      'removes the files in `PROMETHEUS_MULTIPROC_DIR` at a clean end; `false` keeps nothing of ' +
      'counts in memory, so also set `GUNICORN_CRASH_MEMORY=false` to keep counts',
  },
  sharedDir: {
    ...topic,
    kind: directory,
    ...none,
    env: ['PROMETHEUS_SHARED_DIR'],
    keys: ['prometheus.shared_dir'],
    flag: { name: 'shared-dir', value: 'DIRECTORY' },
    help:
      'directory in which processes write their metrics for `serve`; they then open no ' +
      'endpoint',
  },
  stateDir: {
    ...topic,
    kind: directory,
    ...none,
    env: ['PROMETHEUS_STATE_DIR'],
    keys: ['prometheus.state_dir'],
    flag: { name: 'state-dir', value: 'DIRECTORY' },
    help:
      'directory for totals, which the next process of the service continues; without Redis ' +
      'and without a shared directory',
  },
}
