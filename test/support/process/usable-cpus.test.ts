import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { usableCpus } from '../../../src/support/process/usable-cpus.ts'

/** CPUs for an affinity of 8, by the files of the kernel. */
function cpus(context: TestContext, list: string, files: Readonly<Record<string, string>>): number {
  const root = mkdtempSync(join(tmpdir(), 'cgroups-'))
  context.after(() => rmSync(root, { recursive: true }))
  for (const [name, text] of Object.entries({ list, ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return usableCpus({ affinity: 8, cgroups: join(root, 'list'), root })
}

const cases: Readonly<
  Record<string, readonly [list: string, files: Readonly<Record<string, string>>, cpus: number]>
> = {
  'the affinity without a cgroup': ['', {}, 8],
  'the affinity without a quota': ['0::/a\n', { 'a/cpu.max': 'max 100000\n' }, 8],
  'the quota of version 2': ['0::/a\n', { 'a/cpu.max': '250000 100000\n' }, 2],
  'at least one CPU': ['0::/a\n', { 'a/cpu.max': '20000 100000\n' }, 1],
  'the affinity where the quota is larger': ['0::/\n', { 'cpu.max': '6400000 100000\n' }, 8],
  'the smallest quota above the group': [
    '0::/a/b\n',
    { 'a/cpu.max': '300000 100000\n', 'a/b/cpu.max': 'max 100000\n' },
    3,
  ],
  'the group at the mount point where the path is of the host': [
    '0::/../host/pod\n',
    { 'cpu.max': '400000 100000\n' },
    4,
  ],
  'the quota of version 1': [
    '4:cpu,cpuacct:/a\n',
    { 'cpu,cpuacct/a/cpu.cfs_quota_us': '150000', 'cpu,cpuacct/a/cpu.cfs_period_us': '50000' },
    3,
  ],
  'the affinity without a quota of version 1': [
    '4:cpu,cpuacct:/a\n',
    { 'cpu/a/cpu.cfs_quota_us': '-1\n', 'cpu/a/cpu.cfs_period_us': '100000\n' },
    8,
  ],
  'no quota of another controller': ['5:memory:/a\n', { 'memory/a/cpu.max': '100000 100000' }, 8],
}

describe('usableCpus', () => {
  for (const [title, [list, files, expected]] of Object.entries(cases)) {
    test(`finds ${title}`, (context) => assert.equal(cpus(context, list, files), expected))
  }

  test('finds no more CPUs than this machine has', () => {
    assert.ok(usableCpus() >= 1 && usableCpus() <= availableParallelism())
  })
})
