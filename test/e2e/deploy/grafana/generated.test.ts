import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { dashboardFolder, grafanaFolder } from '../../../support/grafana/dashboard-files.ts'
import { temporaryDirectory } from '../../../support/programs/temporary-directory.ts'
import { fetched, need, succeeds, type Tool } from '../../../support/tools.ts'

const root = join(grafanaFolder, '../..')

test('The code of the dashboards compiles, and writes the files that are here', async (context) => {
  const project = await installedProject(context)
  if (project === undefined) return
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  assert.equal(run(compiler, '--project', project), '')
  const written = await temporaryDirectory(context)
  assert.equal(run(join(project, 'source/generate.ts'), written), '')
  const names = readdirSync(dashboardFolder).sort()
  assert.deepEqual(readdirSync(written).sort(), names)
  for (const name of names) {
    const [now, then] = [join(written, name), join(dashboardFolder, name)]
    assert.equal(readFileSync(now, 'utf8'), readFileSync(then, 'utf8'), name)
  }
})

/** A copy of the folder with its packages, so that the test leaves the repository as it is. */
async function installedProject(context: TestContext): Promise<string | undefined> {
  const packages = need(context, foundationSdk())
  if (packages === undefined) return undefined
  const directory = await temporaryDirectory(context)
  const project = join(directory, 'deploy/grafana')
  for (const name of ['source', 'package.json', 'tsconfig.json']) {
    cpSync(join(grafanaFolder, name), join(project, name), { recursive: true })
  }
  symlinkSync(packages, join(project, 'node_modules'))
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  cpSync(join(root, 'tsconfig.json'), join(directory, 'tsconfig.json'))
  return project
}

/** The packages of the folder, in the versions of its lock file. */
function foundationSdk(): Tool {
  const lock = readFileSync(join(grafanaFolder, 'package-lock.json'), 'utf8')
  const name = '@grafana/grafana-foundation-sdk'
  const { version } = JSON.parse(lock).packages[`node_modules/${name}`]
  const manifest = `node_modules/${name}/package.json`
  const path = fetched(`foundation-sdk-${version}`, manifest, (directory) => {
    for (const file of ['package.json', 'package-lock.json']) {
      cpSync(join(grafanaFolder, file), join(directory, file))
    }
    return succeeds('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], directory)
  })
  if (path !== undefined) return { path: join(path, '../../..') }
  return {
    missing: `npm cannot install ${name} ${version}, as deploy/grafana/package-lock.json says.`,
  }
}

/** What a script prints that fails, and nothing otherwise. */
function run(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  return status === 0 ? '' : `${stdout}${stderr}`
}
