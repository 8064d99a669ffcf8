import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { commandOfProcess } from '../../../../src/commands/doctor/facts/command-of-process.ts'
import { hasPreload, isMainEntry } from '../../../../src/commands/doctor/facts/process-role.ts'
import {
  type ProcessView,
  processesBelow,
  processView,
  shownProcess,
} from '../../../../src/commands/doctor/facts/process-view.ts'
import { temporaryDirectory } from '../../../support/programs/temporary-directory.ts'

function view(command: readonly string[], environment: Record<string, string> = {}): ProcessView {
  return {
    pid: 7,
    parent: 1,
    uid: 0,
    gid: 0,
    groups: [],
    command,
    environment,
    program: command[0],
    directory: '/',
  }
}

describe('A process', () => {
  test('is read from the files of the kernel', async (context) => {
    const root = await temporaryDirectory(context)
    const write = (pid: number, parent: number): void => {
      mkdirSync(join(root, String(pid)))
      const user = 'Uid:\t1000\t1000\t1000\t1000\nGid:\t5\t5\nGroups:\t5 27 \n'
      const files = {
        status: `Name:\tnode\nPPid:\t${parent}\n${user}`,
        cmdline: 'node\0app.js\0',
        environ: 'A=1=2\0B=\0pm2_env={"PORT":"80"}\0',
      }
      for (const [name, text] of Object.entries(files))
        writeFileSync(join(root, String(pid), name), text)
    }
    write(10, 1)
    write(11, 10)
    const found = processView(10, root)
    assert.deepEqual(found?.command, ['node', 'app.js'])
    assert.deepEqual([found?.uid, found?.parent], [1000, 1])
    assert.deepEqual([found?.gid, found?.groups], [5, [5, 27]])
    const { A, B, PORT } = found?.environment ?? {}
    assert.deepEqual([A, B, PORT], ['1=2', '', '80'])
    assert.equal(processView(12, root), undefined)
    assert.deepEqual(
      processesBelow([10], root).map(({ pid }) => pid),
      [11],
    )
  })

  const shown: Readonly<Record<string, readonly string[]>> = {
    'node app.js, pid 7': ['/usr/bin/node', '--require', 'x', '/srv/app.js', '--password=geheim'],
    'redis-server, pid 7': ['/usr/bin/redis-server', '--requirepass', 'geheim'],
    'node gunicorn-prometheus-exporter run, pid 7': ['node', '/a/dist/cli.cjs', 'run', 'app.js'],
    'node, pid 7': ['node', '-e', 'geheim'],
    'python3 http.server, pid 7': ['/usr/bin/python3', '-m', 'http.server', 'geheim'],
    'python3, pid 7': ['/usr/bin/python3', '-c', 'geheim', 'geheim'],
  }
  for (const [text, command] of Object.entries(shown)) {
    test(`is shown without its arguments: ${text}`, () => {
      assert.equal(shownProcess(view(command)), text)
    })
  }

  test('has the preload by a flag or by NODE_OPTIONS', () => {
    const register = 'gunicorn-prometheus-exporter/register'
    assert.equal(hasPreload(view(['node', '-r', register, 'app.js'])), true)
    assert.equal(
      hasPreload(view(['node', 'app.js'], { NODE_OPTIONS: `--import ${register}` })),
      true,
    )
    assert.equal(hasPreload(view(['node', '--require', '/srv/dist/register.cjs'])), true)
    const entry = view(['node', '--require', 'gunicorn-prometheus-exporter', 'app.js'])
    assert.deepEqual([hasPreload(entry), isMainEntry(entry)], [false, true])
    const pm2 = { pm2_env: '{"node_args":["--require","/a/dist/register.cjs"],"x":1}' }
    assert.equal(hasPreload(view(['node /srv/app.js'], pm2)), true)
    assert.equal(hasPreload(view(['node', 'app.js'])), false)
  })

  test('of run has the settings of its command line, and not those of the application', () => {
    const line = ['node', '/a/cli.cjs', 'run', '--metrics-port', '9100', '-w', '3', 'app.js']
    const { name, flags } = commandOfProcess(view([...line, '--metrics-port', '1']))
    assert.equal(name, 'run')
    assert.deepEqual({ ...flags }, { 'metrics-port': '9100', workers: '3' })
    assert.deepEqual(commandOfProcess(view(['node', 'app.js'])), { name: undefined, flags: {} })
    assert.deepEqual(commandOfProcess(undefined), { name: undefined, flags: {} })
  })
})
