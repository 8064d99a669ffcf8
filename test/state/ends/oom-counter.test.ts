import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import { oomCounterFile, readOomCounter } from '../../../src/state/ends/oom-counter.ts'

const directory = mkdtempSync(join(tmpdir(), 'gunicorn-prometheus-exporter-test-'))
after(() => rmSync(directory, { recursive: true }))

const events = 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n'
const control = 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n'

interface System {
  /** Contents of `/proc/self/cgroup`. */
  readonly cgroups: string
  /** Lines of `/proc/self/mountinfo`; `@` stands for the directory of the test. */
  readonly mounts: readonly string[]
  /** Files below the directory of the test. */
  readonly files: Readonly<Record<string, string>>
  /** The file below the directory of the test. */
  readonly expected: string | undefined
}

const v2 = '35 31 0:38 / @/cgroup rw,relatime - cgroup2 cgroup2 rw'
const old = '35 31 0:32 / @/memory rw,relatime - cgroup cgroup rw,memory'

const systems: Record<string, System> = {
  'cgroup v2': {
    cgroups: '0::/system.slice/app.service\n',
    mounts: [v2],
    files: { 'cgroup/system.slice/app.service/memory.events': events },
    expected: 'cgroup/system.slice/app.service/memory.events',
  },
  'a container of v2 with a namespace of its own': {
    cgroups: '0::/\n',
    mounts: [v2],
    files: { 'cgroup/memory.events': events },
    expected: 'cgroup/memory.events',
  },
  'a container of v2 in the namespace of the host': {
    cgroups: '0::/docker/abc\n',
    mounts: ['35 31 0:38 /docker/abc @/cgroup ro - cgroup2 cgroup rw'],
    files: { 'cgroup/memory.events': events },
    expected: 'cgroup/memory.events',
  },
  'cgroup v1': {
    cgroups: '4:memory:/app\n1:cpu:/\n',
    mounts: ['32 31 0:29 / @/cpu rw - cgroup cgroup rw,cpu', old],
    files: { 'memory/app/memory.oom_control': control, 'memory/memory.oom_control': control },
    expected: 'memory/app/memory.oom_control',
  },
  'v1 with several controllers in one hierarchy': {
    cgroups: '4:cpu,memory:/app\n',
    mounts: ['35 31 0:32 / @/both rw - cgroup cgroup rw,cpu,memory'],
    files: { 'both/app/memory.oom_control': control },
    expected: 'both/app/memory.oom_control',
  },
  'a container of v1, with the path of the host': {
    cgroups: '4:memory:/docker/abc/app\n',
    mounts: ['35 31 0:32 /docker/abc @/memory ro - cgroup cgroup rw,memory'],
    files: { 'memory/app/memory.oom_control': control, 'memory/memory.oom_control': control },
    expected: 'memory/app/memory.oom_control',
  },
  'a container of v1 with another path than its mount': {
    cgroups: '4:memory:/elsewhere\n',
    mounts: ['35 31 0:32 /docker/abc @/memory ro - cgroup cgroup rw,memory'],
    files: { 'memory/memory.oom_control': control },
    expected: 'memory/memory.oom_control',
  },
  'a hybrid system, where v2 does not count memory': {
    cgroups: '4:memory:/app\n0::/\n',
    mounts: [old, '41 31 0:38 / @/unified rw - cgroup2 cgroup2 rw'],
    files: { 'memory/app/memory.oom_control': control, 'unified/cgroup.procs': '' },
    expected: 'memory/app/memory.oom_control',
  },
  'a kernel whose v1 does not count kills': {
    cgroups: '4:memory:/app\n',
    mounts: [old],
    files: { 'memory/app/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\n' },
    expected: undefined,
  },
  'names with blanks and colons': {
    cgroups: '0::/a b:c\n',
    mounts: ['35 31 0:38 / @/c\\040group rw - cgroup2 cgroup2 rw'],
    files: { 'c group/a b:c/memory.events': events },
    expected: 'c group/a b:c/memory.events',
  },
  'optional fields of a mount': {
    cgroups: '0::/app\n',
    mounts: ['35 31 0:38 / @/cgroup rw shared:9 master:1 - cgroup2 cgroup2 rw'],
    files: { 'cgroup/app/memory.events': events },
    expected: 'cgroup/app/memory.events',
  },
  'no cgroups': { cgroups: '', mounts: [v2], files: {}, expected: undefined },
  'other texts': {
    cgroups: 'x\n0:\n:::\n',
    mounts: ['', ' - ', 'x'],
    files: {},
    expected: undefined,
  },
}

describe('The file with the count of out-of-memory kills is right', () => {
  for (const [title, { cgroups, mounts, files, expected }] of Object.entries(systems)) {
    test(`for ${title}`, () => {
      const root = mkdtempSync(join(directory, 'system-'))
      const write = (name: string, text: string): string => {
        const path = join(root, name)
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, text)
        return path
      }
      for (const [name, text] of Object.entries(files)) write(name, text)
      const paths = {
        cgroups: write('proc/cgroup', cgroups),
        mounts: write('proc/mountinfo', mounts.map((line) => line.replace('@', root)).join('\n')),
      }
      const file = oomCounterFile(paths)
      assert.equal(file, expected && join(root, expected))
      if (file !== undefined) assert.equal(readOomCounter(file), 2)
    })
  }

  test('on a system without /proc: there is none', () => {
    const none = join(directory, 'none')
    assert.equal(oomCounterFile({ cgroups: none, mounts: none }), undefined)
  })
})
