import { execFile } from 'node:child_process'
import { cp, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import manifest from '../../../package.json' with { type: 'json' }
import { packExporter } from '../../../scripts/pack-exporter.ts'
import { environment } from '../../../src/config/environment.ts'
import { installPackages } from '../frameworks/installed-packages.ts'
import { fixtures } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { needed } from '../tools.ts'

export type PackageManager = 'npm' | 'pnpm' | 'yarn'

const run = promisify(execFile)

/**
 * Installs the packed package in a project with the programs of `test/fixtures/packing`.
 *
 * @param directory an empty directory for the project.
 * @returns whether the package manager is there.
 */
export async function installProject(
  context: Pick<Belongings, 'skip'>,
  manager: PackageManager,
  directory: string,
): Promise<boolean> {
  const command = await commandOf(context, manager)
  if (command === undefined) return false
  await cp(join(fixtures, 'packing'), directory, { recursive: true })
  const tarball = await packExporter(directory)
  const dependencies = {
    [manifest.name]: `file:./${basename(tarball)}`,
    '@opentelemetry/api': '1.10.0',
    '@opentelemetry/exporter-metrics-otlp-proto': '^0.301.0',
  }
  const files = {
    'package.json': JSON.stringify({ private: true, dependencies }),
    ...(manager === 'yarn' ? filesOfYarn : {}),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  const [program = '', ...args] = command
  // With the certificates and proxies of the machine.
  const env = { ...environment(), ...variables }
  const installing = run(program, args, { cwd: directory, env, timeout: 120_000 })
  // A package manager with an open stdin can ask a question.
  installing.child.stdin?.end()
  await installing
  return true
}

/** Without these files, Yarn looks for a project in the directories above. */
const filesOfYarn = {
  'yarn.lock': '',
  '.yarnrc.yml': 'nodeLinker: pnp\nenableTelemetry: false\nenableScripts: false\n',
}

/** In CI, Yarn would refuse to write its lock file. */
const variables = { YARN_ENABLE_IMMUTABLE_INSTALLS: 'false' }

async function commandOf(
  context: Pick<Belongings, 'skip'>,
  manager: PackageManager,
): Promise<readonly string[] | undefined> {
  if (manager === 'npm') return ['npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund']
  const { packages, script, args } = scripts[manager]
  const installed = needed(context, await installPackages(packages))
  return installed && [process.execPath, join(installed.directory, script), ...args]
}

const scripts = {
  pnpm: {
    packages: { pnpm: '10.34.9' },
    script: 'node_modules/pnpm/bin/pnpm.cjs',
    args: ['install', '--ignore-scripts', '--no-frozen-lockfile'],
  },
  yarn: {
    packages: { '@yarnpkg/cli-dist': '4.18.1' },
    script: 'node_modules/@yarnpkg/cli-dist/bin/yarn.js',
    args: ['install'],
  },
} as const
