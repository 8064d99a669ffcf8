import { judgeLimits, type LimitFacts } from '../../../../src/commands/doctor/checks/limits.ts'
import { table } from '../../../support/doctor/judgements.ts'

const cgroup = {
  memoryBytes: undefined,
  memoryUsedBytes: undefined,
  cpus: undefined,
  throttled: undefined,
  pids: undefined,
  pidsUsed: undefined,
}
const mebibyte = 1_048_576
const limits: LimitFacts = {
  cgroup,
  workers: 4,
  maxMemoryBytes: 0,
  heapBytes: 400 * mebibyte,
  processes: [{ pid: 1, limit: 1_024, used: 20 }],
  maxConnections: 100,
}
const memory = (mebibytes: number, parts: Partial<LimitFacts> = {}): LimitFacts => ({
  ...limits,
  cgroup: { ...cgroup, memoryBytes: mebibytes * mebibyte },
  ...parts,
})

table('The check of limits', (given: LimitFacts) => judgeLimits(given, 'limits'), [
  ['no limits', limits, ['ok']],
  ['enough memory', memory(500), ['ok']],
  ['small memory for heaps', memory(300), ['memory-below-heaps']],
  ['--max-memory', memory(300, { maxMemoryBytes: 100 * mebibyte }), ['memory-below-max-memory']],
  ['a fitting --max-memory', memory(300, { maxMemoryBytes: 50 * mebibyte }), ['ok']],
  [
    'used memory',
    { ...limits, cgroup: { ...cgroup, memoryBytes: 1e12, memoryUsedBytes: 9.5e11 } },
    ['memory-nearly-full'],
  ],
  ['few CPUs', { ...limits, cgroup: { ...cgroup, cpus: 2 } }, ['cpu-below-workers']],
  ['a part of a CPU', { ...limits, workers: 1, cgroup: { ...cgroup, cpus: 0.5 } }, ['ok']],
  ['throttling', { ...limits, cgroup: { ...cgroup, cpus: 8, throttled: 0.5 } }, ['cpu-throttled']],
  [
    'few processes',
    { ...limits, cgroup: { ...cgroup, pids: 10, pidsUsed: 10 } },
    ['pids-nearly-full'],
  ],
  [
    'used descriptors',
    { ...limits, processes: [{ pid: 1, limit: 200, used: 190 }] },
    ['descriptors-nearly-full'],
  ],
  [
    'few descriptors',
    { ...limits, processes: [{ pid: 1, limit: 64, used: 9 }] },
    ['descriptors-few'],
  ],
])
