import type { ChildProcess } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import {
  endGroup,
  eventually,
  freePort,
  nodeUnderTest,
  startProgram,
  workingDirectory,
} from './app.ts'
import { get } from './load.ts'
import { command } from './master.ts'

/** Releases of an application, and `current`, a link to one of them. */
export interface Releases {
  /** The link. */
  readonly current: string
  /** Makes a release with this package in its `node_modules`, and switches `current` to it. */
  readonly deploy: (name: string) => void
  /** Removes a release. */
  readonly prune: (name: string) => void
}

export interface Deployed {
  readonly child: ChildProcess
  readonly port: number
  readonly log: () => string
  /** What the application answers. */
  readonly answer: () => Promise<string>
  readonly signal: (name: string, pid?: number) => void
}

/** The answer has the release, its directory by two ways, and a variable. */
function application(name: string): string {
  return `
const { createServer } = require('node:http')
const { basename } = require('node:path')
const answer = [
  '${name}', basename(__dirname), basename(process.cwd()), process.env.PWD, process.env.COLOR,
].join(' ')
createServer((_, response) => response.end(answer)).listen(Number(process.env.PORT), '127.0.0.1')
`
}

/** Makes a directory for releases, acts, and removes the directory. */
export async function withReleases(act: (releases: Releases) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'run-releases-'))
  const current = join(root, 'current')
  const release = (name: string): string => join(root, 'releases', name)
  try {
    await act({
      current,
      deploy(name) {
        mkdirSync(release(name), { recursive: true })
        writeFileSync(join(release(name), 'app.js'), application(name))
        writeFileSync(join(release(name), 'hooks.cjs'), hooks(name))
        writeFileSync(join(release(name), '.env'), `COLOR=${name}-color\n`)
        const config = `exporter:\n  gunicorn:\n    workers: ${Number(name.slice(1)) + 1}\n`
        writeFileSync(join(release(name), 'gunicorn-prometheus-exporter.yml'), config)
        installPackage(release(name))
        symlinkSync(join('releases', name), `${current}.new`)
        renameSync(`${current}.new`, current)
      },
      prune: (name) => rmSync(release(name), { recursive: true, force: true }),
    })
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function hooks(name: string): string {
  return `exports.post_fork = () => console.log('hook ${name}')\n`
}

/** As npm does: a copy of the package, its dependencies beside it, and a link in `.bin`. */
function installPackage(release: string): void {
  const modules = join(release, 'node_modules')
  const dist = dirname(command)
  const target = join(modules, 'gunicorn-prometheus-exporter')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  cpSync(dist, join(target, 'dist'), { recursive: true, dereference: true })
  cpSync(join(dist, '../package.json'), join(target, 'package.json'))
  const parent = join(workingDirectory, 'node_modules')
  for (const each of ['yaml', '@opentelemetry']) {
    symlinkSync(join(parent, each), join(modules, each))
  }
  const bin = join(modules, '.bin', basename(command))
  symlinkSync('../gunicorn-prometheus-exporter/dist/cli.cjs', bin)
}

/** Starts a shell in `current`, which starts the command of the release, and acts. */
export async function withDeployed(
  { current }: Releases,
  words: readonly string[],
  act: (deployed: Deployed) => Promise<void>,
): Promise<void> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const bin = `node_modules/.bin/${basename(command)}`
  const run = [nodeUnderTest, bin, 'run', ...words].map((word) => `'${word}'`).join(' ')
  const { child, stdout, stderr } = startProgram(['sh', '-c', `cd '${current}' && exec ${run}`], {
    PORT: String(port),
    PROMETHEUS_METRICS_PORT: String(metricsPort),
    PROMETHEUS_BIND_ADDRESS: '127.0.0.1',
  })
  const answer = async (): Promise<string> => (await get(port, '/')).body
  try {
    await eventually(async () => void (await answer()), 30_000).catch((error: unknown) => {
      throw new Error(`the application does not answer: ${stderr()}`, { cause: error })
    })
    await act({
      child,
      port,
      answer,
      log: () => stdout() + stderr(),
      signal: (name, pid = child.pid ?? 0) => void process.kill(pid, name),
    })
  } finally {
    endGroup(child)
    for (const [, pid] of stderr().matchAll(/beside this master, pid (\d+)/g)) {
      endGroup({ pid: Number(pid) })
    }
  }
}
