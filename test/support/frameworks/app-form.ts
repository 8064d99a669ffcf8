import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { fixtures, type Preload } from '../programs/app.ts'
import type { Belongings } from '../programs/belongings.ts'
import { removeDirectory } from '../programs/temporary-directory.ts'
import { needed } from '../tools.ts'
import type { Form, FrameworkRow } from './framework-row.ts'
import { installPackages } from './installed-packages.ts'

/** An application in one form, beside the packages of a version. */
export interface AppForm {
  readonly file: string
  readonly directory: string
  readonly preload: Preload
  readonly nodeArgs: readonly string[]
}

interface Place {
  readonly row: FrameworkRow
  readonly form: Form
  /** Has the packages. */
  readonly installed: string
}

const run = promisify(execFile)

/** How the form loads the exporter: the forms together show all ways. */
const preloads: Readonly<Record<Form, Preload>> = {
  cjs: 'require',
  esm: 'import',
  ts: 'import',
  tsx: 'NODE_OPTIONS',
  bundle: 'require',
  'bundle-esm': 'import',
}

/** Writes the application. @returns undefined if a tool is missing: then the test is skipped. */
export async function writeApp(
  context: Pick<Belongings, 'after' | 'skip'>,
  place: Place,
): Promise<AppForm | undefined> {
  const { row, form } = place
  const runs = join(place.installed, 'runs')
  await mkdir(runs, { recursive: true })
  const directory = await mkdtemp(join(runs, `${form}-`))
  context.after(() => removeDirectory(directory))
  await writeFile(join(directory, 'package.json'), '{"type":"module"}')
  const name = basename(row.app)
  const text = withImports(await readFile(join(fixtures, row.app), 'utf8'), row.imports ?? {})
  const write = async (file: string, content: string): Promise<AppForm> => {
    await writeFile(join(directory, file), content)
    return { file: join(directory, file), directory, preload: preloads[form], nodeArgs: [] }
  }
  if (form === 'cjs') return await write(name, commonJs(name, text))
  if (form === 'esm') return await write('app.mjs', esModule(name, text))
  if (form === 'ts') return await write('app.ts', `${esModule(name, text)}${strippedTypes}`)
  if (form === 'tsx') return await writeForTsx(context, write, `${esModule(name, text)}${compiled}`)
  return await bundle(context, await write(name, text), place)
}

function withImports(text: string, imports: NonNullable<FrameworkRow['imports']>): string {
  return Object.entries(imports).reduce((changed, [name, other]) => {
    if (!changed.includes(`'${name}'`)) throw new TypeError(`The application imports no ${name}.`)
    return changed.replaceAll(`'${name}'`, `'${other}'`)
  }, text)
}

/** Node strips types. */
const strippedTypes = `
interface Typed { readonly form: string }
export const typed: Typed = { form: 'ts' } satisfies Typed
`
/** Node refuses an enum, so that a success shows that tsx ran. */
const compiled = `
enum Form { Compiled = 'tsx' }
export const form: Form = Form.Compiled
`

function commonJs(name: string, text: string): string {
  if (extname(name) === '.cjs') return text
  throw new TypeError(`${name}: the form cjs needs a file whose name ends with .cjs.`)
}

/** Turns each `require` at the start of a line into an import. */
function esModule(name: string, text: string): string {
  if (extname(name) === '.mjs') return text
  const changed = text
    .replaceAll(/^const (\w+) = require\(('[^']+')\)$/gm, 'import $1 from $2')
    .replaceAll(
      /^const (\{[^}]+\}) = require\(('[^']+')\)$/gm,
      (_, names: string, from: string) => {
        return `import ${names.replaceAll(': ', ' as ')} from ${from}`
      },
    )
  const rest = /\brequire\(|\bmodule\.exports\b|\b__dirname\b/.exec(changed)
  if (rest === null) return changed
  throw new TypeError(`${name}: the forms of ES modules allow no ${rest[0]} below the imports.`)
}

type Write = (file: string, content: string) => Promise<AppForm>

async function writeForTsx(
  context: Pick<Belongings, 'skip'>,
  write: Write,
  text: string,
): Promise<AppForm | undefined> {
  const tsx = needed(context, await installPackages({ tsx: '4.23.15' }))
  if (tsx === undefined) return undefined
  const loader = pathToFileURL(join(tsx.directory, 'node_modules/tsx/dist/loader.mjs'))
  return { ...(await write('app.ts', text)), nodeArgs: ['--import', loader.href] }
}

/** CommonJS modules in a bundle of ES modules require Node's modules. */
const requireBanner =
  "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);"

async function bundle(
  context: Pick<Belongings, 'skip'>,
  source: AppForm,
  { row, form }: Place,
): Promise<AppForm | undefined> {
  const esbuild = needed(context, await installPackages({ esbuild: '0.28.2' }))
  if (esbuild === undefined) return undefined
  const isModule = form === 'bundle-esm'
  const file = join(source.directory, isModule ? 'bundle.mjs' : 'bundle.cjs')
  const options = [
    ...['--bundle', '--minify', '--platform=node', '--log-level=error'],
    ...[`--format=${isModule ? 'esm' : 'cjs'}`, `--outfile=${file}`],
    ...(isModule ? [`--banner:js=${requireBanner}`] : []),
    ...(row.external ?? []).map((each) => `--external:${each}`),
  ]
  const program = join(esbuild.directory, 'node_modules/esbuild/bin/esbuild')
  await run(process.execPath, [program, source.file, ...options], { cwd: source.directory })
  return { ...source, file }
}
