import assert from 'node:assert/strict'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, type Master, withMaster } from '../../support/programs/master.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

const server = `
const text = require('./lib/text.cjs')
import('./lib/module.mjs').then((module) => {
  require('node:http')
    .createServer((_, response) => response.end(text + module.default))
    .listen(Number(process.env.PORT), '127.0.0.1')
})`

interface Project {
  readonly app: string
  /** Replaces a file as editors do. */
  readonly save: (name: string, text: string) => void
}

async function project(context: TestContext): Promise<Project> {
  const directory = await temporaryDirectory(context)
  mkdirSync(join(directory, 'lib'))
  const save = (name: string, text: string): void => {
    const file = join(directory, name)
    writeFileSync(`${file}.saving`, text)
    renameSync(`${file}.saving`, file)
  }
  save('app.cjs', server)
  save('lib/text.cjs', "module.exports = 'a'")
  save('lib/module.mjs', "export default '1'")
  return { app: join(directory, 'app.cjs'), save }
}

async function answers(master: Master, expected: string): Promise<void> {
  await eventually(async () => {
    assert.equal((await get(master.port, '/')).body, expected, master.stderr())
  }, 60_000)
}

/** The first new worker answers while others boot. A save at that time can fail the reload. */
async function reloads(master: Master, expected: string, ended: number): Promise<void> {
  await answers(master, expected)
  await eventually(() => {
    const ends = master.stderr().match(/ ended .*\(hup\)/g) ?? []
    assert.equal(ends.length, ended, master.stderr())
  }, 60_000)
}

const failed = 'The reload has failed: the new code ends before it listens'

describe('run --reload', { concurrency: 2 }, () => {
  test('loads changed files, and a missing file that appears', async (context) => {
    const { app, save } = await project(context)
    const options = ['-w', '2', '--reload']
    await withMaster({ file: app, options }, async (master) => {
      await answers(master, 'a1')
      save('lib/text.cjs', "module.exports = 'b'")
      await reloads(master, 'b1', 2)
      save('lib/module.mjs', "export default '2'")
      await reloads(master, 'b2', 4)
      assert.match(master.stderr(), /Changed: \S*lib\/module\.mjs\. Reloading/)
      save('lib/text.cjs', 'syntax error')
      await eventually(() => assert.equal(countLines(master.stderr(), failed), 1))
      await answers(master, 'b2')
      save('lib/text.cjs', "module.exports = require('./later.cjs')")
      await eventually(() => assert.equal(countLines(master.stderr(), failed), 2))
      save('lib/later.cjs', "module.exports = 'c'")
      await answers(master, 'c2')
    })
  })

  test('waits for a change where the code does not start at all', async (context) => {
    const { app, save } = await project(context)
    save('app.cjs', 'syntax error')
    await withMaster({ file: app, options: ['--reload'] }, async (master) => {
      await eventually(() => assert.match(master.stderr(), /Waiting for a changed file/), 60_000)
      save('app.cjs', server)
      await answers(master, 'a1')
    })
  })

  test('watches extra files by polling, and warns in production', async (context) => {
    const { app, save } = await project(context)
    save('page.html', '1')
    const extra = ['--reload-extra-file', join(app, '../page.html')]
    const options = ['--reload', '--reload-engine', 'poll', ...extra]
    const env = { NODE_ENV: 'production' }
    await withMaster({ file: app, options, env }, async (master) => {
      await answers(master, 'a1')
      save('page.html', '22')
      await eventually(() => assert.match(master.stderr(), /Changed: \S*page\.html\. Reloading/))
      assert.equal(countLines(master.stderr(), '--reload is for development'), 1)
      await answers(master, 'a1')
    })
  })
})
