import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment } from '../../../src/config/environment.ts'
import type { Belongings } from '../programs/belongings.ts'
import { namespaces } from '../programs/namespaces.ts'
import { temporaryDirectory } from '../programs/temporary-directory.ts'
import { installed, type Tool } from '../tools.ts'
import { buildah, buildLock, cache, containerName, makeBase, output, store } from './image-store.ts'

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
/** The name of this architecture in images. */
const here = process.arch === 'x64' ? 'amd64' : process.arch

/** What builds and runs images here: buildah and mmdebstrap, and root for namespaces. */
export function imageTools(): Tool {
  const tools = [installed('buildah', ['--version']), installed('mmdebstrap', ['--version'])]
  const lacking = [...tools, namespaces()].find((tool) => 'missing' in tool)
  return lacking ?? { path: 'buildah' }
}

/** Builds an image as a user does, from a stand-in for the image of Node.js. */
export async function buildImage(context: Belongings, options: BuildOptions): Promise<Image> {
  const image = built(options)
  const container = buildah(['from', '--pull-never', '--quiet', '--name', containerName(), image])
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
  return output('flock', [
    ...[buildLock, 'buildah', ...store, 'build'],
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
    megabytes: megabytesOf(image),
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

/** Without `--all`, an image from which another image was built is not listed. */
function megabytesOf(image: string): number {
  const all = JSON.parse(buildah(['images', '--all', '--json'])) as {
    readonly id: string
    readonly size: string
  }[]
  return Number(all.find(({ id }) => image.startsWith(id))?.size.split(' ')[0])
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

/** What this machine needs to reach npm: some networks have an authority of their own. */
function certificates(): string[] {
  const file = environment()['NODE_EXTRA_CA_CERTS']
  if (file === undefined || !existsSync(file)) return []
  const npmrc = join(cache, 'npmrc')
  writeFileSync(npmrc, `cafile=${file}\n`)
  return ['--volume', `${file}:${file}:ro`, '--volume', `${npmrc}:/root/.npmrc:ro`]
}
