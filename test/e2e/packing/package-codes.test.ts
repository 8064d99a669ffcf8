import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  type App,
  cleanEnvironment,
  eventually,
  freePort,
  nodeUnderTest,
  startApp,
} from '../../support/programs/app.ts'
import { makePackageProject } from '../../support/programs/package-project.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

/*
 * The built files in the node_modules of a project that lacks `ioredis`, `yaml` and all packages
 * of OpenTelemetry, or has them in another state. `check`, the process and `doctor` say the same.
 */

const otlp = '@opentelemetry/exporter-metrics-otlp-proto'
const pushes = { OTEL_METRICS_EXPORTER: 'prometheus,otlp' }

interface Row {
  readonly title: string
  readonly env: Readonly<Record<string, string>>
  readonly code: string
  /** Of `doctor`. */
  readonly finding: string
  /** What each of the three says. */
  readonly told: string
  readonly prepare?: (directory: string) => void
}

const rows: readonly Row[] = [
  {
    title: 'the missing package of OTLP',
    env: pushes,
    code: 'GPE_PACKAGE_MISSING',
    finding: 'otlp-package',
    told: `the package ${otlp} is missing: npm install ${otlp}`,
  },
  {
    title: 'the package of OTLP in an old version',
    env: pushes,
    code: 'GPE_PACKAGE_VERSION',
    finding: 'otlp-package',
    told: `npm install ${otlp}@0.223`,
    prepare: (directory) => addPackage(directory, { version: '0.52.0', main: '' }),
  },
  {
    title: 'the package of OTLP without its main file',
    env: pushes,
    code: 'GPE_PACKAGE_BROKEN',
    finding: 'otlp-package',
    told: `the package ${otlp} cannot be loaded: Cannot find module`,
    prepare: (directory) => addPackage(directory, { version: '0.223.0' }),
  },
  {
    title: 'the package of OTLP without the API',
    env: pushes,
    code: 'GPE_PACKAGE_MISSING',
    finding: 'otlp-package',
    told: `the package @opentelemetry/api is missing, which ${otlp} needs`,
    prepare: (directory) =>
      addPackage(directory, { version: '0.223.0', main: "require('@opentelemetry/api')" }),
  },
  {
    title: 'an unknown protocol of OTLP',
    env: { ...pushes, OTEL_EXPORTER_OTLP_PROTOCOL: 'soap' },
    code: 'GPE_SETTING_VALUE',
    finding: 'otlp-setting',
    told: 'OTEL_EXPORTER_OTLP_PROTOCOL is "soap"; allowed is http/protobuf or http/json or grpc.',
  },
  {
    title: 'the missing package of Redis',
    env: { REDIS_ENABLED: 'true' },
    code: 'GPE_PACKAGE_MISSING',
    finding: 'redis-package',
    told: 'the package ioredis is missing: npm install ioredis',
  },
  {
    title: 'the missing package of the configuration file',
    env: {},
    code: 'GPE_PACKAGE_MISSING',
    finding: 'setting-package',
    told: 'the package yaml is missing: npm install yaml',
    prepare: (directory) =>
      writeFileSync(join(directory, 'gunicorn-prometheus-exporter.yml'), 'exporter:\n'),
  },
]

describe('check, the process and doctor agree about', { concurrency: 2 }, () => {
  for (const { title, env: given, code, finding, told, prepare } of rows) {
    test(title, async (context) => {
      const directory = await temporaryDirectory(context)
      const { dist, app: file } = makePackageProject(directory, [])
      prepare?.(directory)
      const env = { ...given, PROMETHEUS_METRICS_PORT: String(await freePort()) }
      const cli = join(dist, 'cli.cjs')
      const checked = runs(directory, [cli, 'check'], env)
      assert.equal(checked.status, 2, checked.text)
      assertTold(checked.text, told, code)
      const nodeArgs = ['--require', join(dist, 'register.cjs')]
      const app = await start(context, { file, preload: 'none', nodeArgs, env, cwd: directory })
      await eventually(() => assertTold(app.stderr(), told, code))
      assert.equal(app.stderr().trimEnd().split('\n').length, 1, app.stderr())
      const doctor = runs(directory, [cli, 'doctor', '--json'], env)
      const { findings } = JSON.parse(doctor.stdout) as { findings: Finding[] }
      const found = findings.find(({ id }) => id === finding)
      assert.ok(found, doctor.text)
      assert.ok(found.found.includes(told), doctor.text)
      assert.doesNotMatch(found.found, /\.\.$/)
    })
  }
})

interface Finding {
  readonly id: string | null
  readonly found: string
}

/** The line with the text has the code as its last one. */
function assertTold(text: string, told: string, code: string): void {
  const line = text.split('\n').find((each) => each.includes(told))
  assert.ok(line, text)
  const codes = [...line.matchAll(/\((GPE_\w+)\)/g)]
  assert.equal(codes.at(-1)?.[1], code, line)
}

async function start(context: TestContext, options: Parameters<typeof startApp>[0]): Promise<App> {
  const app = await startApp(options)
  context.after(() => app.stop())
  return app
}

function runs(
  cwd: string,
  line: readonly string[],
  env: Readonly<Record<string, string>>,
): { readonly status: number | null; readonly stdout: string; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(nodeUnderTest, line, {
    ...{ cwd, env: cleanEnvironment(env), encoding: 'utf8', timeout: 60_000 },
  })
  return { status, stdout, text: stdout + stderr }
}

interface PackageState {
  readonly version: string
  /** Text of the main file. Default: there is no main file. */
  readonly main?: string
}

function addPackage(directory: string, { version, main }: PackageState): void {
  const folder = join(directory, 'node_modules', otlp)
  mkdirSync(folder, { recursive: true })
  const manifest = { name: otlp, version, main: 'build/src/index.js' }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  if (main === undefined) return
  mkdirSync(join(folder, 'build/src'), { recursive: true })
  writeFileSync(join(folder, 'build/src/index.js'), main)
}
