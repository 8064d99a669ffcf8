import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { otelVariables } from '../../../src/config/table/other-variables.ts'
import { settings } from '../../../src/config/table.ts'
import { configVariable } from '../../../src/config/variables.ts'
import { nodeUnderTest } from '../programs/app.ts'
import type { ShellCommand } from './shell-commands.ts'

const root = join(import.meta.dirname, '../../..')
const cli = join(root, 'dist/cli.cjs')
const name = 'gunicorn-prometheus-exporter'

/** What is wrong with a command of a document. `directory` is empty and belongs to the test. */
export function commandFaults(command: ShellCommand, directory: string): string[] {
  const faults = [...variableFaults(command), ...pathFaults(command)]
  const [program = '', ...args] = withoutLauncher(command.argv)
  const check = programs[program]
  if (!check) return [...faults, `${program} is not a program that the documents may name`]
  return [...faults, ...check({ ...command, argv: args }, directory)]
}

/** `npx` and `npm exec` start a program of a package. */
function withoutLauncher([program = '', ...args]: readonly string[]): string[] {
  if (program === 'npx') return args.slice(args.findIndex((arg) => !arg.startsWith('-')))
  return [program, ...args]
}

const knownVariables: ReadonlySet<string> = new Set([
  ...settings.flatMap(({ env }) => env),
  ...otelVariables,
  configVariable,
])
const ours = /^(?:GUNICORN|OTEL|PROMETHEUS|REDIS|SIDECAR|CLEANUP)_/

function variableFaults({ environment }: ShellCommand): string[] {
  const names = Object.keys(environment).filter((variable) => ours.test(variable))
  return names
    .filter((variable) => !knownVariables.has(variable))
    .map((variable) => `${variable} is not a setting`)
}

const folders = new Set(readdirSync(root, { withFileTypes: true }).map((entry) => entry.name))

/** A word that begins with a folder of the repository is a path in the repository. */
function pathFaults({ argv }: ShellCommand): string[] {
  const words = argv.flatMap((word) => word.replace(`node_modules/${name}/`, '').split('='))
  const named = words.filter((word) => {
    const [first = '', ...rest] = word.replace(/^\.\//, '').split('/')
    return rest.length > 0 && !['dist', 'node_modules'].includes(first) && folders.has(first)
  })
  return named.filter((path) => !isPath(path)).map((path) => `${path} is no path`)
}

/** The shell of the test runs elsewhere, where a pattern has no match and stays a pattern. */
function isPath(path: string): boolean {
  return existsSync(join(root, path)) || globSync(path, { cwd: root }).length > 0
}

type Check = (command: ShellCommand, directory: string) => string[]

/** The name of the program is right, and nothing more is known. */
const unchecked: Check = () => []

/** Programs that the documents name. The table refuses a misspelled program. */
const programs: Readonly<Record<string, Check>> = {
  [name]: ownCommand,
  node: nodeCommand,
  'node_modules/.bin/node': nodeCommand,
  npm: npmCommand,
  ...Object.fromEntries(
    [
      ...[
        'cat',
        'cd',
        'cp',
        'curl',
        'editor',
        'find',
        'grep',
        'head',
        'jq',
        'kill',
        'ln',
        'mkdir',
        'mv',
      ],
      ...['openssl', 'redis-cli', 'sleep', 'useradd', 'journalctl', 'systemctl'],
      ...['systemd-analyze', 'gunicornc', 'otelcol', 'prometheus', 'promtool', 'pm2', 'esbuild'],
      ...['postject', 'docker', 'buildah', 'kubectl', 'helm', 'git', 'aws', 'gcloud'],
      ...['ansible-playbook', 'terraform', 'pip', 'gunicorn', 'tar', 'source', 'man'],
      ...['collector-config/build.sh', 'native/build.sh', 'deploy/docker/build.sh', '.ci/run'],
    ].map((program) => [program, unchecked] as const),
  ),
}

/** `run` and `serve` check options and values. The help of other commands names their options. */
function ownCommand(command: ShellCommand, directory: string): string[] {
  const [name = '', ...args] = command.argv
  if (name.startsWith('-')) return refusals(command, directory)
  if (name !== 'run' && name !== 'serve') return optionFaults(name, args)
  if (args.includes('--help')) return refusals(command, directory)
  // The application has to exist.
  const files = args.filter((arg) => /^[\w-]+\.[cm]?js$/.test(arg))
  for (const file of files) writeFileSync(join(directory, file), '')
  return refusals({ ...command, argv: [name, '--check-config', ...args] }, directory)
}

function optionFaults(name: string, args: readonly string[]): string[] {
  const help = spawnSync(nodeUnderTest, [cli, name, '--help'], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (help.status !== 0) return [help.stderr.trim()]
  const known: readonly string[] = help.stdout.match(/(?<=[\s,])--?[a-z][\w-]*/g) ?? []
  const options = args.filter((arg) => /^--?[a-z]/.test(arg)).map((arg) => arg.replace(/=.*/, ''))
  return options
    .filter((option) => !known.includes(option))
    .map((option) => `${option} is not an option of ${name}`)
}

function refusals({ argv, environment }: ShellCommand, directory: string): string[] {
  const result = spawnSync(nodeUnderTest, [cli, ...argv], {
    cwd: directory,
    encoding: 'utf8',
    env: { ...environment, HOME: directory },
    timeout: 60_000,
  })
  return result.status === 0 ? [] : [`${argv.join(' ')}: ${result.stderr.trim()}`]
}

const packages = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: Record<string, string>
  readonly exports: Record<string, unknown>
}
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: Record<string, unknown>
}

/** Packages that a document names, and that this repository does not install. */
const foreignPackages: ReadonlySet<string> = new Set([name, 'pm2', 'prom-client'])

function npmCommand({ argv }: ShellCommand): string[] {
  if (argv[0] === '--prefix') return scriptFaults(argv[1] ?? '', argv.slice(2))
  const [action = '', ...rest] = argv
  const words = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined)
  const operands = words.filter((word) => !word.startsWith('-'))
  if (action === 'run') {
    const [script = ''] = operands
    return Object.hasOwn(packages.scripts, script) ? [] : [`package.json has no script ${script}`]
  }
  if (!/^(?:ci|install|i|uninstall|test|start|stop|pack|publish)$/.test(action))
    return [`npm ${action} is unknown`]
  return operands
    .map((operand) => operand.replace(/(?<=.)@[^/]*$/, ''))
    .filter((operand) => !foreignPackages.has(operand) && !lock.packages[`node_modules/${operand}`])
    .filter((operand) => !/^[./]/.test(operand))
    .map((operand) => `npm ${action} names ${operand}, which the documents do not know`)
}

/** `npm --prefix FOLDER run SCRIPT`, or an installation there. */
function scriptFaults(folder: string, [action, script = '']: readonly string[]): string[] {
  const { scripts = {} } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  ) as Partial<typeof packages>
  if (action === 'ci' || Object.hasOwn(scripts, script)) return []
  return [`${folder}/package.json has no script ${script}`]
}

/** Node.js knows the options, and our entries resolve. */
function nodeCommand({ argv }: ShellCommand): string[] {
  const loads = argv.flatMap((word, index) =>
    /^(?:--require|--import|-r)$/.test(word) ? [argv[index + 1] ?? ''] : [],
  )
  const entries = loads.filter((entry) => entry.startsWith(name))
  const missing = entries.filter(
    (entry) => !Object.hasOwn(packages.exports, entry.replace(name, '.')),
  )
  const flags = argv.filter((word) => /^--[a-z]/.test(word) && !/^--(?:require|import)$/.test(word))
  const { status, stderr } = spawnSync(
    nodeUnderTest,
    [...flags.filter((flag) => !/^--(?:experimental-sea-config|test)/.test(flag)), '--version'],
    { encoding: 'utf8', timeout: 60_000 },
  )
  return [
    ...missing.map((entry) => `${entry} is no entry of the package`),
    ...(status === 0 ? [] : [stderr.trim()]),
  ]
}
