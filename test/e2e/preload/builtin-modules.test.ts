import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { preloadKey } from '../../../src/support/preload-key.ts'
import {
  fixtures,
  nodeUnderTest,
  preloadFlags,
  workingDirectory,
} from '../../support/programs/app.ts'

/*
 * Each process that inherits the preload pays for the modules of Node that the preload loads: 2.6
 * ms for worker threads, `performance` and `module`, which a short script never needs.
 */

/** Node 20 loads this module at the first use. Later versions always have loaded it. */
const known = majorVersion() === 20 ? ['NativeModule diagnostics_channel'] : []

for (const [flag, file] of [
  ['require', 'nothing.cjs'],
  ['import', 'nothing.mjs'],
] as const) {
  test(`A preload by --${flag} makes Node load no module beyond a known list`, () => {
    const bare = new Set(modulesWith([`--${flag}`, join(fixtures, 'apps/preloads', file)]))
    const added = modulesWith(preloadFlags(flag)).filter((name) => !bare.has(name))
    assert.deepEqual(added, known)
  })
}

/**
 * With OpenSSL 3.5, the load of `crypto` blocks a process for 4 ms. Only the exporter thread is
 * worth a load: the thread starts in the turn of `listen()`, so that a hang of this turn is seen.
 */
const needed = ['NativeModule worker_threads']
const late = ['crypto', 'v8', 'worker_threads', 'zlib'].map((name) => `NativeModule ${name}`)

test('A server that starts to listen waits for worker_threads, not for crypto, v8 or zlib', () => {
  const text = `
    const server = require('node:http').createServer()
    server.listen(0, () => {
      fs.writeSync(1, JSON.stringify(process.moduleLoadList))
      process.exit()
    })
  `
  const modules: readonly string[] = JSON.parse(output([...preloadFlags('require'), '-e', text]))
  assert.ok(modules.includes('NativeModule perf_hooks'), 'the exporter has not started')
  assert.deepEqual(
    late.filter((name) => modules.includes(name)),
    needed,
  )
})

test('A thread that inherits the preload by a flag has none', () => {
  for (const flag of ['require', 'import'] as const) {
    const program = join(fixtures, 'apps/single/thread-keys.cjs')
    const { main, thread } = JSON.parse(output([...preloadFlags(flag), program]))
    assert.ok(main.includes(preloadKey.description), flag)
    assert.ok(!thread.includes(preloadKey.description), flag)
  }
})

/** The modules that Node has loaded in a process that only prints them. */
function modulesWith(flags: readonly string[]): readonly string[] {
  const text = 'fs.writeSync(1, JSON.stringify(process.moduleLoadList))'
  return JSON.parse(output([...flags, '-e', text]))
}

function majorVersion(): number {
  return Number.parseInt(output(['-p', 'process.versions.node']), 10)
}

function output(args: readonly string[]): string {
  return execFileSync(nodeUnderTest, args, {
    cwd: workingDirectory,
    env: { PROMETHEUS_METRICS_PORT: '0' },
    encoding: 'utf8',
  })
}
