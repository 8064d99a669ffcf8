import { execFileSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { printHead, printTable, printTail } from './support/print.mjs'
import { median, rotate } from './support/statistics.mjs'

/*
 * What `npm install` puts into an empty folder: packages, MB on the disk and seconds, beside other
 * libraries in today's versions.
 *
 *   npm run bench:install -- [--rounds N] [--before COMMIT]
 *
 * The seconds are medians of installations in turns, from npm's cache. `--before` also packs an
 * older commit of this repository.
 */

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, before: { type: 'string' } },
})
const rounds = Number(options.rounds)
const root = resolve(import.meta.dirname, '..')
const scratch = mkdtempSync(join(tmpdir(), 'bench-install-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

const own = packed(root)
const subjects = {
  'this package': [own],
  'this package with `@opentelemetry/api`': [own, '@opentelemetry/api'],
  'this package with OTLP': [own, '@opentelemetry/exporter-metrics-otlp-proto'],
  ...(options.before && {
    [`this package at ${options.before}`]: [packedBefore(options.before), '@opentelemetry/api'],
  }),
  '`@prometheus-io/client`': ['@prometheus-io/client'],
  '`prom-client`': ['prom-client'],
  '`@opentelemetry/sdk-node`, `exporter-prometheus`': [
    '@opentelemetry/api',
    '@opentelemetry/sdk-node',
    '@opentelemetry/exporter-prometheus',
  ],
}

printHead('What an installation contains', { node: process.execPath, packages: [] })
// The first installation of each subject fills npm's cache.
const results = new Map(
  Object.entries(subjects).map(([name, specs]) => [name, { ...installed(specs), seconds: [] }]),
)
for (let round = 0; round < rounds; round += 1) {
  for (const [name, specs] of rotate(Object.entries(subjects), round)) {
    results.get(name).seconds.push(installed(specs).taken)
  }
}
report()

function report() {
  const base = results.get('this package')
  const times = (value, of) => `${(value / of).toFixed(1)} ×`
  printTable([
    ['`npm install` of', 'packages', 'MB', 'MB, ×', 'seconds', 'seconds, ×'],
    ...Array.from(results, ([name, { packages, megabytes, seconds }]) => [
      name,
      String(packages),
      megabytes.toFixed(1),
      times(megabytes, base.megabytes),
      median(seconds).toFixed(1),
      times(median(seconds), median(base.seconds)),
    ]),
  ])
  printTail()
}

/** Installs packages in an empty project. */
function installed(specs) {
  const project = mkdtempSync(join(scratch, 'project-'))
  writeFileSync(join(project, 'package.json'), '{"private":true}')
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline']
  const start = process.hrtime.bigint()
  execFileSync('npm', [...args, ...specs], { cwd: project, stdio: 'pipe' })
  const taken = Number(process.hrtime.bigint() - start) / 1e9
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))
  const packages = Object.keys(lock.packages).filter((path) => path !== '').length
  const megabytes = bytesOf(join(project, 'node_modules')) / 1e6
  rmSync(project, { recursive: true })
  return { packages, megabytes, taken }
}

/** Space on the disk, as `du` counts. */
function bytesOf(directory) {
  const entries = readdirSync(directory, { recursive: true })
  return entries.reduce((sum, name) => sum + lstatSync(join(directory, name)).blocks * 512, 0)
}

/** Packs a built checkout. @returns the path of the tarball. */
function packed(checkout) {
  const target = mkdtempSync(join(scratch, 'packed-'))
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', target]
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { cwd: checkout, stdio: 'pipe' }))
  return join(target, filename)
}

/** Builds and packs a commit with the packages of this checkout. */
function packedBefore(commit) {
  const checkout = join(scratch, 'before')
  mkdirSync(checkout)
  const archive = execFileSync('git', ['archive', commit], { cwd: root, maxBuffer: 2 ** 30 })
  execFileSync('tar', ['-x', '-C', checkout], { input: archive })
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'))
  execFileSync('npm', ['run', 'build'], { cwd: checkout, stdio: 'pipe' })
  return packed(checkout)
}
