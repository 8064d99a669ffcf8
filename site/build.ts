import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { siteBase } from './base.ts'
import { checkLinks } from './finish/dead-links.ts'
import { finish } from './finish/finish.ts'
import { prepare } from './prepare/prepare.ts'

/*
 * Builds the documentation site into site/dist. `SITE_BASE` is its path at the server, such as
 * `/docs/`; the default is `/`.
 */

const here = import.meta.dirname
const root = join(here, '..')
const base = siteBase()

install()
const api = join(here, '.content/api')
node('typedoc/bin/typedoc', ['--options', join(here, 'typedoc.json'), '--out', api])
prepare({ root, target: join(here, '.content'), base, api })
// Without --force, pages of an older configuration come from a cache.
node('astro/bin/astro.mjs', ['build', '--force', '--root', here])
const dist = join(here, 'dist')
await finish(dist)
const { dead, external, checked } = checkLinks(dist, base)
process.stdout.write(`${checked} links, ${external.length} addresses of other sites.\n`)
if (dead.length > 0) throw new Error(`The site has dead links:\n${dead.join('\n')}`)

/** Installs the generator where it is missing or where the lock is newer. */
function install(): void {
  const installed = join(here, 'node_modules/.package-lock.json')
  const lock = join(here, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  run('npm', ['ci', '--no-audit', '--no-fund', '--prefix', here])
}

/** Runs a program of the site's packages. */
function node(program: string, args: readonly string[]): void {
  run(process.execPath, [join(here, 'node_modules', program), ...args])
}

function run(command: string, args: readonly string[]): void {
  // Programs of npm take the Node of the PATH, which can be too old for the generator.
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter)
  const { status, error } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, PATH, ASTRO_TELEMETRY_DISABLED: '1', SITE_BASE: base },
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed.`, { cause: error })
}
