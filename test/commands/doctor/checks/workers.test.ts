import { judgeStatus } from '../../../../src/commands/doctor/checks/workers.ts'
import { statusView } from '../../../../src/commands/doctor/facts/status-view.ts'
import { table } from '../../../support/doctor/judgements.ts'

const now = Date.parse('2026-11-29T12:00:00Z')
const live = { workerId: 'worker_1', pid: 5, state: 'running', listening: true, ageSeconds: 60 }
const reporting = { ...live, reportAgeSeconds: 0.5, hang: null }
const hanging = { ...reporting, state: 'hanging', listening: false }
const inMemory = { place: 'memory', notInMemory: null }
const none = { place: 'nowhere', notInMemory: 'x' }
const crash = { restartType: 'crash', reason: 'error', endedAt: '2026-11-29T11:59:00Z' }

table(
  'The check of the workers',
  (document: Record<string, unknown>) =>
    judgeStatus(statusView(document), { lookedAt: '/status', pid: 5, now }),
  [
    ['workers that report', { workers: [reporting] }, ['ok']],
    ['no worker', { workers: [] }, ['no-worker-listens']],
    ['an odd document', { workers: 3, deaths: 'x', exporter: [] }, ['no-worker-listens']],
    [
      'a hang',
      {
        workers: [
          reporting,
          { ...reporting, state: 'hanging', listening: false, hang: { heldBy: 'f' } },
        ],
      },
      ['worker-held'],
    ],
    [
      'a hang without a stack',
      { workers: [reporting, { ...hanging, hang: { heldBy: null } }] },
      ['worker-hanging'],
    ],
    [
      'a hang with a hidden stack',
      { workers: [reporting, { ...hanging, hang: { details: 'hidden' } }] },
      ['worker-held'],
    ],
    [
      'a single process that hangs',
      { workers: [{ ...hanging, hang: { heldBy: 'f' } }], hang: { heldBy: 'f' } },
      ['worker-held'],
    ],
    [
      'a primary that hangs beside its only worker',
      { workers: [{ ...hanging, pid: 6 }], hang: { heldBy: null } },
      ['primary-hanging', 'worker-hanging'],
    ],
    [
      'the last worker that stops',
      { workers: [{ ...hanging, state: 'stopped' }] },
      ['worker-stopped'],
    ],
    [
      'a stopped worker',
      { workers: [reporting, { ...reporting, state: 'stopped' }] },
      ['worker-stopped'],
    ],
    ['a late report', { workers: [{ ...reporting, reportAgeSeconds: 30 }] }, ['worker-report-old']],
    [
      'no report',
      { workers: [{ ...reporting, reportAgeSeconds: null }] },
      ['worker-without-reports'],
    ],
    [
      'a worker that starts',
      { workers: [reporting, { ...reporting, reportAgeSeconds: null, ageSeconds: 2 }] },
      ['ok'],
    ],
    [
      'a primary that hangs',
      { workers: [reporting], hang: { state: 'hanging' } },
      ['primary-hanging'],
    ],
    [
      'a primary whose stack is taken',
      { workers: [reporting], hang: { heldBy: 'f' } },
      ['primary-held'],
    ],
    ['two crashes', { workers: [reporting], deaths: [crash, crash] }, ['ok']],
    ['three crashes', { workers: [reporting], deaths: [crash, crash, crash] }, ['workers-crash']],
    [
      'crashes of yesterday',
      {
        workers: [reporting],
        deaths: Array(5).fill({ ...crash, endedAt: '2026-11-28T11:00:00Z' }),
      },
      ['ok'],
    ],
    [
      'counts of the exporter',
      {
        workers: [reporting],
        exporter: { droppedSeries: { limit: 2 }, faults: { relay: 1, push: 0 } },
      },
      ['series-dropped', 'exporter-faults'],
    ],
    [
      'services that fail',
      {
        workers: [reporting],
        exporter: {
          redis: { connected: false, lastError: 'x' },
          push: { state: 'off', lastError: 'y' },
        },
      },
      ['redis-of-process', 'push-of-process'],
    ],
    ['counts in memory', { workers: [{ ...reporting, counts: inMemory }] }, ['ok']],
    [
      'counts in files and nowhere',
      {
        workers: ['file', 'nowhere', 'memory'].map((place) => ({
          ...reporting,
          counts: { place, notInMemory: '--no-addons' },
        })),
      },
      ['counts-in-files', 'counts-nowhere'],
    ],
    [
      'a worker that starts and has no file yet',
      {
        workers: [reporting, { ...reporting, reportAgeSeconds: null, ageSeconds: 2, counts: none }],
      },
      ['ok'],
    ],
    ['a sidecar', { origins: [{ name: 'redis', connected: true }] }, ['ok']],
    ['a sidecar that fails', { origins: [{ name: 'redis', connected: false }] }, ['origin-fails']],
  ],
)
