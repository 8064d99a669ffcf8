import { judgePm2 } from '../../../../src/commands/doctor/checks/pm2.ts'
import { preloaded, processView, table } from '../../../support/doctor/judgements.ts'

const worker = processView({ pid: 11, parent: 10, environment: { NODE_UNIQUE_ID: '1' } })
const loadedWorker = { ...worker, command: preloaded }
const daemon = processView({ command: ['PM2 v6.0.0: God Daemon (/home/app/.pm2)'] })

table('The check of PM2', judgePm2, [
  ['no instance with the preload', { daemon, instances: [worker] }, ['ok']],
  ['no shared directory', { daemon, instances: [loadedWorker] }, ['pm2-without-directory']],
  [
    'a daemon with the preload',
    { daemon: { ...daemon, command: preloaded }, instances: [loadedWorker] },
    ['pm2-instances'],
  ],
  [
    'a shared directory',
    {
      daemon,
      instances: [
        { ...loadedWorker, environment: { NODE_UNIQUE_ID: '1', PROMETHEUS_SHARED_DIR: '/d' } },
      ],
    },
    ['pm2-instances'],
  ],
])
