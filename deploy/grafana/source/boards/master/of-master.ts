import type { Frame } from '../../panel.ts'
import { series } from '../../promql.ts'

export const page = 'docs/metrics.md#the-primary'

export const third: Frame = { width: 8, height: 8, page, python: 'none' }

export const half: Frame = { ...third, width: 12 }

export const name = '{{job}} {{instance}}'

export const keys = 'job, instance'

export function workers(state: string): string {
  return series('gunicorn_master_workers', `state="${state}"`)
}

export const difference: string = `${workers('configured')} - ignoring (state) ${workers('live')}`
