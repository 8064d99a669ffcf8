import { choice } from './kind.ts'
import type { SettingTable } from './setting.ts'

const topic = { topic: 'Logs' } as const

/** Settings of the lines on stderr and in the log file. */
export interface LogSettings {
  readonly logFormat: 'text' | 'json'
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
}
