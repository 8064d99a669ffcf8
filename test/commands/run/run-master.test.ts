import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RunMasterOptions, runMaster } from '../../../src/commands/run/run-master.ts'
import { runOptions } from '../../../src/commands/run/run-options.ts'

/** The compiler compares the names with the interface. */
const names: Readonly<Record<keyof RunMasterOptions, true>> = {
  ...{ app: true, args: true, chdir: true, user: true, group: true, umask: true, env: true },
  ...{ envFile: true, workers: true, timeout: true, gracefulTimeout: true, bootTimeout: true },
  ...{ drainDelay: true, keepAlive: true, maxRequests: true, maxRequestsJitter: true },
  ...{ maxMemory: true, workerConnections: true, accessLogfile: true, accessLogformat: true },
  ...{ statsdHost: true, statsdPrefix: true, dogstatsdTags: true, reload: true },
  ...{ reloadEngine: true, reloadExtraFile: true, reloadStrategy: true, hangStacks: true },
  ...{ controlSocket: true, controlSocketMode: true, noControlSocket: true, noProfiles: true },
  ...{ profileDir: true, pid: true, logFile: true, logLevel: true, logFormat: true },
  ...{ config: true, hooks: true },
}

/** The options that only print a text. */
const questions = ['check-config', 'print-config', 'version', 'help']

/** Options of the exporter: code gives them as variables, or in the file. */
const exporter = ['metrics-port', 'metrics-address', 'multiproc-dir', 'redis-url', 'shared-dir']
const excluded = [...questions, ...exporter, 'state-dir']

test('runMaster has every option of run', () => {
  const flags = Object.keys(runOptions).filter((name) => !excluded.includes(name))
  const inCode = flags.map((name) =>
    name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  )
  const own = ['app', 'args']
  assert.deepEqual(
    Object.keys(names)
      .filter((name) => !own.includes(name))
      .sort(),
    inCode.sort(),
  )
})

test('runMaster refuses an argument without an application, with a code', () => {
  for (const given of [undefined, null, 'app.js', {}, { app: 1 }]) {
    assert.throws(() => Reflect.apply(runMaster, undefined, [given]), {
      code: 'GPE_CONFIG_REFUSED',
      message: /^The argument of runMaster has no app; .* \(GPE_ARGUMENT\)$/,
    })
  }
})
