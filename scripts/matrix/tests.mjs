import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ownEnvironment } from './run.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
/**
 * The tests are TypeScript: they run with the repository's Node, the programs they start with the
 * cell's.
 */
const runner = join(root, 'node_modules/.bin/node')
const ofMatrix = ['test/e2e/**/*.test.ts', 'test/package.test.ts']

/**
 * Runs test files, by default the end-to-end tests and the test of the package. `log` holds what
 * the runner said where something failed. `options` are more options of the runner.
 */
export async function runTests({ node, project, files = ofMatrix, report, env, options = [] }) {
  const args = [
    '--test',
    '--test-timeout=1200000',
    ...options,
    '--test-reporter=tap',
    '--test-reporter-destination=stdout',
    '--test-reporter=spec',
    `--test-reporter-destination=${report}`,
    ...files,
  ]
  const child = spawn(runner, args, {
    cwd: root,
    env: {
      ...ownEnvironment(),
      NODE_UNDER_TEST: node,
      ...(project ? { PROJECT_UNDER_TEST: project } : {}),
      FRAMEWORKS: 'newest',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let tap = ''
  child.stdout.on('data', (data) => {
    tap += data
  })
  const [code] = await once(child, 'close')
  const [passed, failed, cancelled, skipped] = ['pass', 'fail', 'cancelled', 'skipped'].map(
    (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1] ?? 0),
  )
  const isGood = code === 0 && passed > 0
  const log = isGood ? undefined : await readFile(report, 'utf8')
  return { passed, failed: failed + cancelled, skipped, isGood, log }
}
