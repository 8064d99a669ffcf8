import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import {
  type CgroupLimits,
  cgroupLimits,
  cgroupMemory,
} from '../../../src/support/process/cgroup.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'

type Files = Readonly<Record<string, string>>

const none: CgroupLimits = {
  memoryBytes: undefined,
  memoryUsedBytes: undefined,
  cpus: undefined,
  throttled: undefined,
  pids: undefined,
  pidsUsed: undefined,
}

const cases: Readonly<Record<string, readonly [list: string, files: Files, CgroupLimits]>> = {
  'without limits': ['0::/a\n', { 'a/memory.max': 'max\n', 'a/cpu.max': 'max 100000\n' }, none],
  'of version 2': [
    '0::/a\n',
    {
      'a/memory.max': '1000\n',
      'a/memory.current': '900\n',
      'a/memory.stat': 'anon 1\ninactive_file 200\n',
      'a/cpu.max': '150000 100000\n',
      'a/cpu.stat': 'usage_usec 1\nnr_periods 10\nnr_throttled 4\n',
      'a/pids.max': '100\n',
      'a/pids.current': '95\n',
    },
    {
      memoryBytes: 1000,
      memoryUsedBytes: 700,
      cpus: 1.5,
      throttled: 0.4,
      pids: 100,
      pidsUsed: 95,
    },
  ],
  'of a group above': [
    '0::/a/b\n',
    { 'a/memory.max': '500\n', 'a/memory.current': '1', 'a/b/memory.max': '1000\n' },
    { ...none, memoryBytes: 500, memoryUsedBytes: 1 },
  ],
  'of a container that shows the path of the host': [
    '0::/../host/pod\n',
    { 'memory.max': '500\n' },
    { ...none, memoryBytes: 500 },
  ],
  'of version 1': [
    '3:memory:/a\n4:cpu,cpuacct:/a\n5:pids:/a\n',
    {
      'memory/a/memory.limit_in_bytes': '2000',
      'memory/a/memory.usage_in_bytes': '100',
      'cpu,cpuacct/a/cpu.cfs_quota_us': '50000',
      'cpu,cpuacct/a/cpu.cfs_period_us': '100000',
      'pids/a/pids.max': '10',
      'pids/a/pids.current': '1',
    },
    {
      ...none,
      memoryBytes: 2000,
      memoryUsedBytes: 100,
      cpus: 0.5,
      pids: 10,
      pidsUsed: 1,
    },
  ],
  'of version 1 without a limit': [
    '3:memory:/a\n',
    { 'memory/a/memory.limit_in_bytes': '9223372036854771712' },
    none,
  ],
}

describe('The limits of a cgroup', () => {
  for (const [title, [list, files, expected]] of Object.entries(cases)) {
    test(`are read ${title}`, async (context) => {
      const root = await temporaryDirectory(context)
      const all = { 'proc/7/cgroup': list, ...prefixed(files) }
      for (const [name, text] of Object.entries(all)) {
        mkdirSync(dirname(join(root, name)), { recursive: true })
        writeFileSync(join(root, name), text)
      }
      const roots = { proc: join(root, 'proc'), cgroups: join(root, 'sys') }
      assert.deepEqual(cgroupLimits(7, roots), expected)
      const memory = cgroupMemory(7, roots)
      assert.equal(memory?.limit, expected.memoryBytes)
      assert.equal(memory?.used, expected.memoryUsedBytes)
      assert.equal(cgroupLimits(8, roots), undefined)
    })
  }
})

function prefixed(files: Files): Files {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [`sys/${name}`, text]))
}
