import assert from 'node:assert/strict'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { startMaster, withMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'
import { needed } from '../../support/tools.ts'

const source = `
const { createServer } = require('node:http')
const { writeFileSync } = require('node:fs')
writeFileSync(process.env.WRITTEN + process.pid, 'text')
const answer = () => JSON.stringify([
  process.getuid(), process.getgid(), process.getgroups(), process.umask(), process.env.COLOR,
])
createServer((_, response) => response.end(answer())).listen(Number(process.env.PORT), '127.0.0.1')
`

function root(context: TestContext): boolean {
  const found = userInfo().uid === 0 ? {} : { missing: 'Only root can change the user.' }
  return needed(context, found) !== undefined
}

/** A directory in which every user may write. */
async function withPlace(act: (file: string, written: string) => Promise<void>): Promise<void> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'run-identity-')))
  const written = join(directory, 'written')
  try {
    mkdirSync(written)
    for (const each of [directory, written]) chmodSync(each, 0o1777)
    const file = join(directory, 'app.cjs')
    writeFileSync(file, source)
    await act(file, `${written}/`)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function entry(file: string, name: string): string[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
}

const [, , uidText = '', gidText = ''] = entry('/etc/passwd', 'nobody')
const [uid, gid] = [Number(uidText), Number(gidText)]

/** Paths of files, without directories. */
function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
  return entries.filter((each) => each.isFile()).map(({ name }) => name)
}

for (const [title, options, expected] of [
  ['a name', ['--user', 'nobody'], [uid, gid]],
  ['a number', ['-u', uidText, '-g', '12'], [uid, 12]],
] as const) {
  test(`Workers run as the user of --user, ${title}, and leave last counts`, async (context) => {
    if (!root(context)) return
    await withPlace(async (file, written) => {
      const multiproc = `${written}multiproc`
      const env = { WRITTEN: written, PROMETHEUS_MULTIPROC_DIR: multiproc }
      mkdirSync(multiproc)
      chmodSync(multiproc, 0o1777)
      await withMaster({ file, options: [...options, '--umask', '027'], env }, async (master) => {
        const [pid = 0] = await master.serving(1)
        const { body } = await get(master.port, '/')
        assert.deepEqual(JSON.parse(body).slice(0, 4), [...expected, [expected[1]], 0o027])
        assert.equal(statSync(`/proc/${master.child.pid}`).uid, 0)
        const status = statSync(`${written}${pid}`)
        assert.deepEqual([status.uid, status.mode & 0o777], [expected[0], 0o640])
        // Only the crash file tells of the requests of a killed worker.
        for (let count = 0; count < 9; count += 1) await get(master.port, '/')
        await eventually(() => assert.ok(filesBelow(multiproc).length > 0))
        process.kill(pid, 'SIGKILL')
        await eventually(async () => {
          const page = await master.page()
          assert.equal(sum(page, 'gunicorn_exporter_crash_files_total', { result: 'read' }), 1)
        })
        master.signal('SIGTERM')
        await master.ended
        assert.deepEqual(filesBelow(multiproc), [])
        assert.doesNotMatch(master.stderr(), /crash files cannot be made|EACCES/)
      })
    })
  })
}

for (const [options, message] of [
  [['--user', 'nobody-knows'], /The user nobody-knows does not exist\./],
  [['--group', 'nobody-knows'], /The group nobody-knows does not exist\./],
  [['--user', '987654'], /The user 987654 has no entry: name a group, too\./],
  [['--umask', '888'], /--umask is "888"; allowed is an octal number from 0 to 777\./],
  [['--env', 'COLOR'], /--env got a text of another form; allowed is KEY=VALUE\./],
  [['--chdir', '/nowhere'], /--chdir: cannot enter \/nowhere: ENOENT\./],
] as const) {
  test(`run refuses ${options.join(' ')}`, async () => {
    await withMaster({ options }, async (master) => {
      assert.deepEqual(await master.ended, { code: 2, signal: null })
      assert.match(master.stderr(), message)
    })
  })
}

test('run refuses another user without root', async (context) => {
  if (!root(context)) return
  const starter = ['setpriv', '--reuid', uidText, '--regid', gidText, '--clear-groups']
  const master = await startMaster({ starter, options: ['--user', 'root'] })
  try {
    assert.deepEqual(await master.ended, { code: 2, signal: null })
    assert.match(master.stderr(), /Only root can change the workers to user root and group 0/)
  } finally {
    await master.stop()
  }
})
