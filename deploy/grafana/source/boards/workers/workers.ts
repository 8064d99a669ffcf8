import type { Board } from '../../board.ts'
import {
  instanceVariable,
  jobVariable,
  sourceVariable,
  topVariable,
  workerVariable,
} from '../../variables.ts'
import { cgroup } from './cgroup.ts'
import { all, states } from './each-worker.ts'
import { deaths, endsOverTime } from './ends.ts'
import { requests } from './requests.ts'
import { processor, resources } from './resources.ts'

export function workers(): Board {
  return {
    uid: 'gunicorn-workers',
    title: 'Gunicorn / Workers',
    description: 'Which worker is busy, large, blocked or dead, and why workers ended.',
    variables: [
      sourceVariable(),
      jobVariable(),
      instanceVariable(),
      workerVariable(),
      topVariable(),
    ],
    rows: [
      { title: 'Each worker', panels: [all(), states()] },
      { title: 'Ends', panels: [deaths(), endsOverTime()] },
      { title: 'CPU and event loop', panels: processor() },
      { title: 'Memory and descriptors', panels: [...resources(), ...cgroup()] },
      { title: 'Requests', panels: requests() },
    ],
  }
}
