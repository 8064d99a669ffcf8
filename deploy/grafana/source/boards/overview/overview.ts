import type { Board } from '../../board.ts'
import { instanceVariable, jobVariable, sourceVariable, topVariable } from '../../variables.ts'
import { now } from './now.ts'
import { errors, quantiles, statuses } from './rate-errors-durations.ts'
import { activeWorkers, cpu, errorRate, memory, requestRate, responseTime } from './six-panels.ts'

export function overview(): Board {
  return {
    uid: 'gunicorn-overview',
    title: 'Gunicorn / Overview',
    description: 'Whether services answer, how fast, and with how many workers.',
    variables: [sourceVariable(), jobVariable(), instanceVariable(), topVariable()],
    rows: [
      { title: 'Now', panels: now() },
      { title: 'Rate, errors, durations', panels: [statuses(), errors(), quantiles()] },
      {
        title: 'The six panels of the Python package',
        panels: [requestRate(), responseTime(), errorRate(), memory(), cpu(), activeWorkers()],
      },
    ],
  }
}
