import { choice, flag } from './kind.ts'
import type { SettingTable } from './setting.ts'

const topic = { topic: 'Logs' } as const

/** Settings of the lines on stderr and in the log file. */
export interface LogSettings {
  readonly logFormat: 'text' | 'json'
  /** Whether logs and `/status` show the messages of uncaught errors. */
  readonly errorMessages: boolean
}

export const logTable: SettingTable<LogSettings> = {
  logFormat: {
    ...topic,
    kind: choice('text', 'json'),
    fallback: 'text',
    env: ['PROMETHEUS_LOG_FORMAT'],
    keys: ['prometheus.log_format'],
    flag: { name: 'log-format', value: 'FORMAT' },
    help: 'format of our lines on stderr and in the log file; `json`: one JSON object in each line',
  },
  errorMessages: {
    ...topic,
    kind: flag,
    fallback: true,
    env: ['PROMETHEUS_ERROR_MESSAGES'],
    keys: ['prometheus.error_messages'],
    help:
      "shows the message of an uncaught error that ended a worker; `false`: only the error's " +
      'class in the log, and class and calls on `/status`',
  },
}
