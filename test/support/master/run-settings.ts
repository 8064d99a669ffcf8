import { loadConfig } from '../../../src/config/resolve/load-config.ts'
import type { RunSettings } from '../../../src/master/settings/run-settings.ts'

/** Settings of a master, with the defaults of `run`. */
export function runSettings(settings: Partial<RunSettings> = {}): RunSettings {
  return {
    app: 'app.js',
    args: [],
    start: process.cwd(),
    directory: process.cwd(),
    variables: {},
    workers: 2,
    timeoutMs: 30_000,
    gracefulTimeoutMs: 30_000,
    bootTimeoutMs: 60_000,
    drainDelayMs: 0,
    keepAliveMs: 2_000,
    maxRequests: 0,
    maxRequestsJitter: 0,
    maxMemoryBytes: 0,
    workerConnections: 0,
    reloadStrategy: 'all-at-once',
    accessLog: undefined,
    statsd: undefined,
    fileReload: undefined,
    hooks: undefined,
    pidFile: undefined,
    logFile: undefined,
    logLevel: 'debug',
    exporter: loadConfig(),
    warnings: [],
    environment: {},
    ...settings,
  }
}
