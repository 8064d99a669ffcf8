import { execFile } from 'node:child_process'
import { chmod, copyFile, realpath, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { environment } from '../../../src/config/environment.ts'
import { installPackages } from '../../support/frameworks/installed-packages.ts'
import { bundledProgram } from '../../support/packing/bundled-program.ts'
import { checkPacked } from '../../support/packing/packed-run.ts'
import { nodeUnderTest, preloadFlags, startExecutable } from '../../support/programs/app.ts'
import { needed } from '../../support/tools.ts'

const run = promisify(execFile)
const { PACKING: chosen = 'fast' } = environment()
const onRequest = { skip: 'npm run test:packing runs this test' }
const onLinux = { skip: process.platform !== 'linux' && 'other systems need a signature' }

/** @returns the path of an executable with the program, or undefined without its tools. */
async function executable(context: TestContext, program: string): Promise<string | undefined> {
  const postject = needed(context, await installPackages({ postject: '1.0.0-alpha.6' }))
  const bundle = await bundledProgram(context, {
    ...{ bundler: 'esbuild', format: 'cjs', isMinified: false, external: [], isInstalled: false },
    program: { file: program },
  })
  if (postject === undefined || bundle === undefined) return undefined
  const cwd = dirname(bundle)
  const config = { main: bundle, output: join(cwd, 'blob'), disableExperimentalSEAWarning: true }
  await writeFile(join(cwd, 'sea.json'), JSON.stringify(config))
  await run(nodeUnderTest, ['--experimental-sea-config', 'sea.json'], { cwd })
  const file = join(cwd, 'program')
  await copyFile(await realpath(nodeUnderTest), file)
  await chmod(file, 0o755)
  const script = join(postject.directory, 'node_modules/postject/dist/cli.js')
  const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
  const args = [script, file, 'NODE_SEA_BLOB', 'blob', '--sentinel-fuse', fuse]
  await run(process.execPath, args, { cwd })
  return file
}

describe('A single executable application has the page of its cluster', () => {
  const rows = {
    'with the preload inside': { program: 'preloaded.mjs', env: {} },
    'with the preload in NODE_OPTIONS': {
      program: 'app.mjs',
      env: { NODE_OPTIONS: preloadFlags('require').join(' ') },
    },
  }
  for (const [title, { program, env }] of Object.entries(rows)) {
    // postject takes seconds.
    test(title, chosen === 'all' ? onLinux : onRequest, async (context) => {
      const file = await executable(context, program)
      if (file === undefined) return
      for (const workers of [0, 2]) {
        const variables = { ...env, WORKERS: `${workers}` }
        await checkPacked(await startExecutable(file, variables), workers)
      }
    })
  }
})
