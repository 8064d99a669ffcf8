import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { environment } from '../../../src/config/environment.ts'
import type { Belongings } from '../programs/belongings.ts'
import { namespaces } from '../programs/namespaces.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'
import { installed, type Tool } from '../tools.ts'

/** An image that was built, with its files mounted. */
export interface Image {
  readonly id: string
  /** The directory of its files. */
  readonly root: string
  /** An empty directory for a container. */
  readonly scratch: string
  readonly megabytes: number
  readonly user: string
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly entryPoint: readonly string[]
  readonly command: readonly string[]
  readonly healthCommand: readonly string[]
  readonly architecture: string
}

export interface BuildOptions {
  readonly dockerfile: string
  readonly target?: string
  /** The directory of the build. Default: the repository. */
  readonly context?: string
  readonly platform?: string
  /** Variables of the build. */
  readonly variables?: Readonly<Record<string, string>>
}

const repository = join(import.meta.dirname, '../../..')
const cache = join(
  environment()['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'gunicorn-prometheus-exporter/images',
)
const store = ['--root', join(cache, 'store'), '--runroot', join(cache, 'run')]
/** The name of this architecture in images. */
const here = process.arch === 'x64' ? 'amd64' : process.arch
const base = 'node:24-bookworm-slim'

/** What builds and runs images here: buildah and mmdebstrap, and root for namespaces. */
export function imageTools(): Tool {
  const tools = [installed('buildah', ['--version']), installed('mmdebstrap', ['--version'])]
  const lacking = [...tools, namespaces()].find((tool) => 'missing' in tool)
  return lacking ?? { path: 'buildah' }
}

/** Builds an image as a user does, from a stand-in for the image of Node.js. */
export async function buildImage(context: Belongings, options: BuildOptions): Promise<Image> {
  const image = built(options)
  const container = buildah(['from', '--pull-never', '--quiet', image])
  context.after(() => buildah(['rm', container]))
  const root = buildah(['mount', container])
  return { ...configOf(image), id: image, root, scratch: await temporaryDirectory(context) }
}

/** The images of this process, because even a build without changes takes seconds. */
const images = new Map<string, string>()

function built(options: BuildOptions): string {
  const key = JSON.stringify(options)
  const image = images.get(key) ?? build(options)
  images.set(key, image)
  return image
}

function build({
  dockerfile,
  target,
  platform = `linux/${here}`,
  context: folder = repository,
  variables = {},
}: BuildOptions): string {
  makeBase()
  const file = join(repository, dockerfile)
  // One build at a time: builds of the same stages take the layers of the first build.
  return output('flock', [
    ...[join(cache, 'build.lock'), 'buildah', ...store, 'build'],
    ...['--quiet', '--isolation=chroot', '--layers', '--format=docker', '--pull-never'],
    // Older versions of buildah do not set the variable by themselves.
    ...['--build-arg', `BUILDPLATFORM=linux/${here}`, '--platform', platform],
    ...Object.entries(variables).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
    ...[...certificates(), '--file', file],
    ...(target === undefined ? [] : ['--target', target]),
    folder,
  ])
}

function configOf(image: string): Omit<Image, 'id' | 'root' | 'scratch'> {
  const { Docker: docker } = JSON.parse(buildah(['inspect', '--type', 'image', image])) as {
    Docker: { architecture: string; config: Config }
  }
  const { config } = docker
  const [, ...healthCommand] = config.Healthcheck?.Test ?? []
  return {
    megabytes: Number(buildah(['images', '--format', '{{.Size}}', image]).split(' ')[0]),
    architecture: docker.architecture,
    user: config.User,
    directory: config.WorkingDir,
    env: Object.fromEntries(config.Env.map((each) => each.split(/=(.*)/s) as [string, string])),
    labels: config.Labels ?? {},
    entryPoint: config.Entrypoint,
    command: config.Cmd ?? [],
    healthCommand,
  }
}

interface Config {
  readonly User: string
  readonly WorkingDir: string
  readonly Env: readonly string[]
  readonly Labels: Readonly<Record<string, string>> | null
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[] | null
  readonly Healthcheck?: { readonly Test: readonly string[] }
}

/**
 * Once per machine: minutes. `.ci/run` removes old layers before the tests. A test must not remove
 * layers, because the builds of other tests use them.
 */
function makeBase(): void {
  mkdirSync(cache, { recursive: true })
  if (buildah(['images', '--quiet', '--filter', `reference=${base}`]) !== '') return
  const script = join(import.meta.dirname, 'base-image.sh')
  output('flock', [join(cache, 'base.lock'), script, base, ...store])
}

/** What this machine needs to reach npm: some networks have an authority of their own. */
function certificates(): string[] {
  const file = environment()['NODE_EXTRA_CA_CERTS']
  if (file === undefined || !existsSync(file)) return []
  const npmrc = join(cache, 'npmrc')
  writeFileSync(npmrc, `cafile=${file}\n`)
  return ['--volume', `${file}:${file}:ro`, '--volume', `${npmrc}:/root/.npmrc:ro`]
}

function buildah(args: readonly string[]): string {
  return output('buildah', [...store, ...args])
}

function output(file: string, args: readonly string[]): string {
  const options = { encoding: 'utf8', timeout: 900_000, maxBuffer: 64 * 1024 * 1024 } as const
  const { status, stdout, stderr } = spawnSync(file, args, options)
  if (status === 0) return stdout.trim()
  throw new Error(`${file} ${args.join(' ')}\n${stdout}\n${stderr}`)
}
