import type { Settings } from '../config/settings.ts'

/** What the exporter thread has to know: plain values, since they cross to it. */
export interface ExporterSettings {
  readonly host: string
  readonly port: number
  readonly multiprocDir: string | undefined
  readonly usesSlots: boolean
  readonly keepWorkerId: boolean
  readonly maxSeries: number
}

export function exporterSettings(settings: Settings): ExporterSettings {
  return {
    host: settings.bindAddress,
    port: settings.metricsPort,
    multiprocDir: settings.multiprocDir,
    usesSlots: settings.workerId === 'slot',
    keepWorkerId: settings.keepWorkerId,
    maxSeries: settings.maxSeries,
  }
}
