import { judgePreload } from '../../../../src/commands/doctor/checks/preload.ts'
import { preloaded, processView, table } from '../../../support/doctor/judgements.ts'

const worker = processView({ pid: 11, parent: 10, environment: { NODE_UNIQUE_ID: '1' } })
const loadedWorker = { ...worker, command: preloaded }
const alone = {
  root: processView({ command: preloaded }),
  children: [],
  reporting: [],
  hasPage: false,
  isOwnCommand: false,
}

table('The check of the preload', judgePreload, [
  ['a preloaded process', alone, ['ok']],
  ['a process with a page', { ...alone, root: processView(), hasPage: true }, ['ok']],
  ['a process that reports', { ...alone, root: processView(), reporting: [10] }, ['ok']],
  ['a master of run', { ...alone, root: processView(), isOwnCommand: true }, ['ok']],
  ['no preload', { ...alone, root: processView() }, ['process-without-preload']],
  ['workers without it', { ...alone, children: [worker] }, ['worker-without-preload']],
  ['workers that report', { ...alone, children: [worker], reporting: [11] }, ['ok']],
  ['children of another kind', { ...alone, children: [processView({ pid: 12 })] }, ['ok']],
  [
    'a primary without it',
    { ...alone, root: processView(), children: [loadedWorker] },
    ['primary-without-preload'],
  ],
  [
    'the main entry',
    {
      ...alone,
      root: processView({ command: ['node', '-r', 'gunicorn-prometheus-exporter', 'a.js'] }),
    },
    ['preload-main-entry'],
  ],
  ['hidden variables', { ...alone, root: processView({ environment: undefined }) }, ['unknown']],
  [
    'a process of PM2',
    { ...alone, root: processView({ environment: { pm_id: '0' } }) },
    ['skipped'],
  ],
])
