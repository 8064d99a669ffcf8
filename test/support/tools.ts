import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environment } from '../../src/config/environment.ts'
import { builtByGo, type GoModule } from './go-tool.ts'
import type { Belongings } from './programs/belongings.ts'

/*
 * Programs of other projects. A missing program is fetched once, with the package managers of the
 * machine and without root, into a directory below the temporary directory of the system.
 */

/** The path of a tool, or a sentence that says how to install the tool. */
export type Tool = { readonly path: string } | { readonly missing: string }

/**
 * Returns the path of the tool. Without the tool, skips the test and returns undefined. Fails the
 * test if CI=true, because a skipped test is easy to overlook there.
 */
export function need(context: Pick<Belongings, 'skip'>, tool: Tool): string | undefined {
  return needed(context, tool)?.path
}

/** As `need`, for a tool that is more than a path. */
export function needed<T extends object>(
  context: Pick<Belongings, 'skip'>,
  found: T | { readonly missing: string },
): T | undefined {
  if (!('missing' in found)) return found
  if (environment()['CI'] === 'true') throw new Error(found.missing)
  context.skip(found.missing)
  return undefined
}

/** The checker of Prometheus for pages, configurations and rules. */
export function promtool(): Tool {
  return ofPrometheus('promtool')
}

/** The Prometheus server. */
export function prometheus(): Tool {
  return ofPrometheus('prometheus')
}

/** Creates certificates. */
export function openssl(): Tool {
  return installed('openssl', ['version'])
}

export function curl(): Tool {
  return installed('curl', ['--version'])
}

export function installed(name: string, args: readonly string[]): Tool {
  if (succeeds(name, args)) return { path: name }
  return { missing: `The command ${name} is missing (apt-get install ${name}).` }
}

/**
 * The Collector that `OTELCOL` names, or the Collector of the PATH. Otherwise builds a Collector
 * with Go, once, which takes minutes.
 */
export function otelcol(): Tool {
  const { OTELCOL: named = '' } = environment()
  const program = named === '' ? 'otelcol' : named
  if (succeeds(program, ['--version'])) return { path: program }
  if (named !== '') return { missing: `OTELCOL names ${named}, which does not run.` }
  const script = join(import.meta.dirname, '../../collector-config/build.sh')
  const options = { encoding: 'utf8', timeout: 20 * 60_000 } as const
  const { status, stdout, stderr } = spawnSync('bash', [script], options)
  if (status === 0) return { path: stdout.trim() }
  return {
    missing:
      'The OpenTelemetry Collector is missing: OTELCOL names no file, PATH has no otelcol, and ' +
      `collector-config/build.sh printed: ${String(stderr).trim().split('\n').at(-1)}`,
  }
}

const pm2Version = '7.0.4'

/** PM2, a process manager: a script for Node. */
export function pm2(): Tool {
  const script = 'node_modules/pm2/bin/pm2'
  const path = fetched(`pm2-${pm2Version}`, script, (directory) => {
    const flags = ['--prefix', directory, '--no-audit', '--no-fund', '--ignore-scripts']
    return succeeds('npm', ['install', ...flags, `pm2@${pm2Version}`], directory)
  })
  if (path !== undefined) return { path }
  return { missing: `pm2 is missing: npm cannot install pm2@${pm2Version}.` }
}

/** A Python that has Prometheus's Python client. */
export function pythonWithClient(): Tool {
  return pythonWith('prometheus-client==0.26.0', 'prometheus_client')
}

/** A Python that has gunicorn. */
export function pythonWithGunicorn(): Tool {
  return pythonWith('gunicorn==27.0.1', 'gunicorn')
}

/** A Python that has the Python exporter, whose version 0.2.4 does not start under gunicorn 27. */
export function pythonWithExporter(): Tool {
  const requirement = 'gunicorn-prometheus-exporter==0.2.4 gunicorn==23.0.0'
  return pythonWith(requirement, 'gunicorn_prometheus_exporter')
}

/** A Python that has the schemas of Kubernetes's versions. */
export function pythonWithKubernetesSchemas(): Tool {
  return pythonWith('kubernetes-validate==1.37.0', 'kubernetes_validate')
}

/** A Python that has AWS's own library. */
export function pythonWithBotocore(): Tool {
  return pythonWith('botocore==1.44.8', 'botocore')
}

/** A Python that has Ansible: `python -m ansible playbook`. */
export function pythonWithAnsible(): Tool {
  return pythonWith('ansible-core==2.19.14', 'ansible')
}

/** @param requirement with spaces between several. @param name the module to import. */
function pythonWith(requirement: string, name: string): Tool {
  const path = fetched(`python-${requirement.replace(/\W+/g, '-')}`, 'bin/python', (directory) => {
    if (!succeeds('python3', ['-m', 'venv', '.'], directory)) return false
    // Not bin/pip: its first line names a directory that is renamed afterwards.
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    return succeeds(join(directory, 'bin/python'), [...install, ...requirement.split(' ')])
  })
  if (path !== undefined && succeeds(path, ['-c', `import ${name}`])) return { path }
  return {
    missing:
      `Python’s ${requirement} is missing: it needs python3 with venv (apt-get install ` +
      `python3-venv) and a pip that can install ${requirement}.`,
  }
}

const cache = join(tmpdir(), `gunicorn-prometheus-exporter-tools-${process.getuid?.() ?? 'user'}`)

/**
 * Returns the path of a file in a directory of the cache, or undefined after a failure. The
 * directory appears complete or not at all, because another test may fetch the same files.
 *
 * @param fill fills an empty directory and returns whether it succeeded.
 */
export function fetched(
  name: string,
  file: string,
  fill: (directory: string) => boolean,
): string | undefined {
  const directory = join(cache, name)
  const path = join(directory, file)
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  // Another user may have created the directory, and the tests run its files.
  if (statSync(cache).uid !== (process.getuid?.() ?? 0)) return undefined
  if (existsSync(path)) return path
  const draft = mkdtempSync(join(cache, 'draft-'))
  try {
    if (fill(draft)) renameSync(draft, directory)
  } catch {
    // Another test was faster.
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return existsSync(path) ? path : undefined
}

/** The Redis server; a Sentinel with `--sentinel`. */
export function redisServer(): Tool {
  return ofRedis('redis-server')
}

/** Sets up a Redis Cluster. */
export function redisCli(): Tool {
  return ofRedis('redis-cli')
}

function ofRedis(program: string): Tool {
  if (ofPackage(program, 'redis-server')) return { path: program }
  return {
    missing:
      `${program} is missing. Redis has the program, as do the Debian packages redis-server and ` +
      'redis-tools (apt-get install redis-server), which only root may install.',
  }
}

/** Sends messages to systemd. */
export function systemdNotify(): Tool {
  return ofSystemd('systemd-notify')
}

/** Checks unit files with systemd's own parser. */
export function systemdAnalyze(): Tool {
  return ofSystemd('systemd-analyze')
}

function ofSystemd(program: string): Tool {
  if (ofPackage(program, 'systemd')) return { path: program }
  return {
    missing:
      `${program} is missing: it is part of Debian’s package systemd (apt-get install systemd), ` +
      'which only root may install.',
  }
}

/** An init for containers. */
export function tini(): Tool {
  if (ofPackage('tini', 'tini')) return { path: 'tini' }
  return {
    missing:
      'tini is missing: it is Debian’s package tini (apt-get install tini), which only root may ' +
      'install.',
  }
}

/** A browser without a window. */
export function chromium(): Tool {
  const path = ['chromium', 'chromium-browser', 'google-chrome'].find((name) =>
    succeeds(name, ['--version']),
  )
  if (path !== undefined) return { path }
  if (ofPackage('chromium', 'chromium')) return { path: 'chromium' }
  return {
    missing:
      'chromium is missing: it is Debian’s package chromium (apt-get install chromium), which ' +
      'only root may install.',
  }
}

/** A terminal emulator without a window. */
export function tmux(): Tool {
  if (ofPackage('tmux', 'tmux', '-V')) return { path: 'tmux' }
  return {
    missing:
      'tmux is missing: it is Debian’s package tmux (apt-get install tmux), which only root may ' +
      'install.',
  }
}

/** Installs the package, because the program needs the libraries of its dependencies. */
function ofPackage(program: string, name: string, question = '--version'): boolean {
  if (succeeds(program, [question])) return true
  const install = ['-c', 'apt-get $0 install $1 || { apt-get update && apt-get $0 install $1; }']
  const flags = '-y -qq --no-install-recommends -o DPkg::Lock::Timeout=300'
  const isRoot = process.getuid?.() === 0
  return isRoot && succeeds('sh', [...install, flags, name]) && succeeds(program, [question])
}

/**
 * Unpacks packages without an installation, so that no service starts and no root is needed. Some
 * of the packages may not exist.
 */
export function unpack(directory: string, packages: readonly string[]): boolean {
  const download = (): boolean =>
    packages.map((name) => succeeds('apt-get', ['download', name], directory)).includes(true)
  const has = download() || (succeeds('apt-get', ['update']) && download())
  const script = 'for each in *.deb; do dpkg -x "$each" . || exit 1; done'
  return has && succeeds('sh', ['-c', script], directory)
}

/** `.ci/run` builds this version before the tests. */
export const prometheusModule: GoModule = {
  name: 'prometheus',
  version: 'v0.316.0',
  // Without the discovery of targets in clouds, the build takes a third of the time.
  flags: ['-tags=remove_all_sd,enable_dns_sd', '-ldflags=-s -w'],
  packages: ['prometheus', 'promtool'].map(
    (name) => `github.com/prometheus/prometheus/cmd/${name}`,
  ),
}

/** Version 3 of the PATH, else built by Go. */
function ofPrometheus(program: string): Tool {
  const { stdout, stderr } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  if (/version (?:[3-9]|\d\d)\./.test(`${stdout}${stderr}`)) return { path: program }
  const directory = builtByGo(prometheusModule)
  if (directory !== undefined) return { path: join(directory, program) }
  return {
    missing:
      `${program} of Prometheus 3 is missing: put the program into the PATH, or install Go 1.25 ` +
      'or later, which builds the program once, in minutes.',
  }
}

/** The library of libfaketime that changes the clock of a program with threads. */
export function faketime(): Tool {
  const installed = faketimeBelow('/usr/lib')
  if (installed !== undefined) return { path: installed }
  const marker = 'usr/share/doc/libfaketime'
  const found = fetched('faketime', marker, (directory) => unpack(directory, ['libfaketime']))
  const path = found && faketimeBelow(join(found, '../../../lib'))
  if (path !== undefined) return { path }
  return {
    missing:
      'libfaketime is missing: it is part of Debian’s package libfaketime (apt-get install ' +
      'faketime), and could not be had with apt-get download.',
  }
}

/** Debian has libraries below a folder with the name of the architecture. */
function faketimeBelow(directory: string): string | undefined {
  const folders = existsSync(directory) ? readdirSync(directory) : []
  const paths = folders.map((each) => join(directory, each, 'faketime/libfaketimeMT.so.1'))
  return paths.find((path) => existsSync(path))
}

export function succeeds(command: string, args: readonly string[], cwd?: string): boolean {
  const options = { cwd, stdio: 'ignore', timeout: 120_000 } as const
  return spawnSync(command, args, options).status === 0
}
