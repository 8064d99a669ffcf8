import { get } from '../programs/load.ts'
import { type Provocation, started } from './stage.ts'

export const serviceProvocations: readonly Provocation[] = [
  {
    job: 'requests',
    alerts: [
      'HighErrorRate',
      'HighFailureRate',
      'HighResponseTime',
      'ErrorBudgetBurnsFast',
      'ErrorBudgetBurnsSlowly',
      'LatencyBudgetBurnsFast',
      'LatencyBudgetBurnsSlowly',
      'EventLoopLag',
    ],
    async run(stage) {
      const { port } = await started(stage)
      stage.repeat(200, () => get(port, '/status?code=503'))
      // Longer than a second, and the event loop of the worker stands still.
      stage.repeat(100, () => get(port, '/block?ms=1100'))
    },
  },
]
