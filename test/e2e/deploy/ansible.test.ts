import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { cleanEnvironment } from '../../support/programs/app.ts'
import { writeProject } from '../../support/programs/project.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { need, pythonWithAnsible } from '../../support/tools.ts'

const run = promisify(execFile)
const playbook = join(import.meta.dirname, '../../../deploy/ansible/playbook.yml')

/** A package that npm installs without a registry. */
const dependencies = { helper: 'file:helper' }
const lock = {
  name: 'shop',
  version: '1.0.0',
  lockfileVersion: 3,
  packages: {
    '': { name: 'shop', version: '1.0.0', dependencies },
    helper: { version: '1.0.0' },
    'node_modules/helper': { resolved: 'helper', link: true },
  },
}

test('The playbook installs packages once, and again only after a failure', async (context) => {
  const program = need(context, pythonWithAnsible())
  if (program === undefined) return
  const directory = await temporaryDirectory(context)
  const [source, target, units] = ['source', 'target', 'units'].map((name) => join(directory, name))
  assert.ok(source && target && units)
  await mkdir(units)
  await writeProject(source, {
    'package.json': JSON.stringify({ name: 'shop', version: '1.0.0', dependencies }),
    'package-lock.json': JSON.stringify(lock),
    'helper/package.json': '{"name":"helper","version":"1.0.0"}',
    'server.js': '// a server\n',
  })
  const variables = {
    application_source: `${source}/`,
    application_directory: target,
    application_user: userInfo().username,
    unit_directory: units,
    ansible_become: false,
    ansible_python_interpreter: program,
  }
  const flags = [
    '--inventory',
    'localhost,',
    '--connection',
    'local',
    '--skip-tags',
    'user,service',
  ]
  const args = ['-m', 'ansible', 'playbook', ...flags]
  const play = async (): Promise<string> => {
    const values = join(directory, 'variables.json')
    await writeFile(values, JSON.stringify(variables))
    const { stdout } = await run(program, [...args, '--extra-vars', `@${values}`, playbook], {
      env: cleanEnvironment({ HOME: directory, ANSIBLE_LOCALHOST_WARNING: 'false' }),
      timeout: 240_000,
    })
    return stdout
  }
  assert.match(await play(), /failed=0/)
  for (const path of [join(target, 'server.js'), join(units, 'app.service')])
    assert.ok(existsSync(path), path)
  assert.match(await play(), /changed=0 .*failed=0/)
  // As after an installation that failed.
  const installed = join(target, 'node_modules/.package-lock.json')
  await rm(installed)
  assert.match(await play(), /changed=1 .*failed=0/)
  assert.ok(existsSync(installed))
})
