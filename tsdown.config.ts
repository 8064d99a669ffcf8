import { basename } from 'node:path'
import { build, defineConfig, type TsdownPlugin, type UserConfig } from 'tsdown'
import { livePageText } from './scripts/live-page/page-text.ts'
import { noteModules, writeLicenses } from './scripts/third-party-licenses.ts'

const sdkEntry = 'src/otel/bundled/sdk.ts'

/** The files that the preload loads on demand. */
const onDemand = [
  'src/preload/runtime.ts',
  'src/exporter/exporter-thread.ts',
  'src/hang-stacks/watchdog-thread.ts',
  sdkEntry,
]

/** Puts the minified texts of the files into the preload for bundlers. */
const texts: TsdownPlugin = {
  name: 'program-texts',
  async load(id) {
    if (basename(id) !== 'program-texts.ts') return undefined
    const entries = await Promise.all(onDemand.map(async (file) => await textOf(file)))
    return `export const programTexts = ${JSON.stringify(Object.fromEntries(entries))}`
  },
}

async function textOf(entry: string): Promise<[name: string, text: string]> {
  const options = {
    ...shared,
    entry: entriesOf(entry),
    format: 'cjs',
    dts: false,
    clean: false,
  } as const
  const [bundle] = await build({
    ...options,
    ...{ config: false, write: false, sourcemap: false, minify: true, logLevel: 'error' },
  })
  const [chunk] = bundle?.chunks ?? []
  if (chunk?.type !== 'chunk') throw new Error(`${entry} has no text`)
  return [chunk.fileName, chunk.code]
}

/** Names built files as their sources, but for a source whose name tells too little. */
function entriesOf(entry: string): Record<string, string> {
  const name = entry === sdkEntry ? 'otel-sdk' : basename(entry, '.ts')
  return { [name]: entry }
}

/** Names the built file of OpenTelemetry's SDK. */
const sdkFile: TsdownPlugin = {
  name: 'otel-sdk-file',
  load(id) {
    return id.endsWith('/bundled/sdk-file.ts') ? "export const sdkFile = './otel-sdk.cjs'" : null
  },
}

/** Puts the document of the live page into each program that can serve the page. */
const livePage: TsdownPlugin = {
  name: 'live-page',
  async load(id) {
    if (!id.endsWith('/live/page-text.ts')) return undefined
    pageText ??= livePageScript().then(livePageText)
    return `export function pageText() { return ${JSON.stringify(await pageText)} }`
  },
}
let pageText: ReturnType<typeof livePageText> | undefined

async function livePageScript(): Promise<string> {
  const [bundle] = await build({
    entry: ['src/live-page/page.ts'],
    plugins: [licenses],
    ...{ platform: 'browser', format: 'iife', target: 'es2023', minify: true, dts: false },
    ...{ config: false, write: false, clean: false, sourcemap: false, logLevel: 'error' },
  })
  const [chunk] = bundle?.chunks ?? []
  if (chunk?.type !== 'chunk') throw new Error('The live page has no script.')
  return chunk.code
}

/**
 * Takes Node's modules without `import` statements. For these, Node reads each property of the
 * modules, and so loads streams, worker threads and more: 6 ms in a short script.
 */
const builtinModules: TsdownPlugin = {
  name: 'builtin-modules',
  renderChunk(code) {
    const taken = code
      .replaceAll(/^import \* as (\w+) from ("node:\w+");$/gm, `const $1 = ${builtinModule};`)
      .replaceAll(/^import (\{[^}]+\}) from ("node:\w+");$/gm, (_line, names: string, module) => {
        return `const ${names.replaceAll(' as ', ': ')} = ${builtinModule.replace('$2', module)};`
      })
    return { code: taken, map: null }
  },
}
/** The preload tells which Node it needs. A TypeError of an older Node would say too little. */
const builtinModule = 'process.getBuiltinModule?.($2) ?? {}'

/**
 * Writes programs in ASCII. With a single other character, V8 keeps two bytes for each character of
 * a program, and Node takes several times as long to read the file.
 */
const asciiText: TsdownPlugin = {
  name: 'ascii-text',
  // After the minifier, which would write the characters again.
  generateBundle(_options, bundle) {
    for (const [name, chunk] of Object.entries(bundle)) {
      if (chunk.type !== 'chunk' || !/\.[cm]js$/.test(name)) continue
      chunk.code = chunk.code.replaceAll(/[^\0-\x7f]/g, escaped)
    }
  },
}

/** Writes the licenses of the packages in the built files. */
const licenses: TsdownPlugin = {
  name: 'licenses',
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type === 'chunk') noteModules(chunk.moduleIds)
    }
  },
  async writeBundle() {
    await writeLicenses()
  },
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

const bundled = ['api', 'core', 'resources', 'sdk-metrics', 'semantic-conventions'].map(
  (name) => `@opentelemetry/${name}`,
)

const shared: UserConfig = {
  target: 'node20',
  platform: 'node',
  sourcemap: true,
  plugins: [livePage, sdkFile, asciiText, licenses],
  // These packages are in the built files: in node_modules, they would have 16 MB.
  deps: { alwaysBundle: bundled, onlyBundle: bundled },
  // The ES modules of OpenTelemetry, whose unused parts the build can leave out.
  inputOptions: { resolve: { mainFields: ['module', 'main'] } },
  outputOptions: { codeSplitting: false, comments: { jsdoc: false } },
}

export default defineConfig([
  {
    ...shared,
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    publint: true,
    attw: { profile: 'node16' },
  },
  // Bundled alone, so that a process which never listens reads one small file and nothing else.
  {
    ...shared,
    entry: ['src/preload/register.ts'],
    format: ['esm', 'cjs'],
    plugins: [livePage, builtinModules, asciiText, licenses],
    dts: true,
    clean: false,
  },
  {
    ...shared,
    entry: { 'register-packed': 'src/packed/register.ts' },
    format: ['esm'],
    plugins: [texts, livePage, asciiText, licenses],
    dts: true,
    clean: false,
  },
  {
    ...shared,
    entry: { 'otel-sdk': sdkEntry },
    format: ['cjs'],
    dts: false,
    clean: false,
  },
  // Loaded on demand with require, by either flavour of the preload: one instance in a process.
  { ...shared, entry: ['src/preload/runtime.ts'], format: ['cjs'], dts: false, clean: false },
  {
    ...shared,
    entry: ['src/commands/run/run-master.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    clean: false,
  },
  {
    ...shared,
    entry: ['src/master/drains/on-drain.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    clean: false,
  },
  {
    ...shared,
    entry: ['src/master/warm-up/on-warm-up.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    clean: false,
  },
  { ...shared, entry: ['src/commands/cli.ts'], format: ['cjs'], dts: false, clean: false },
  {
    ...shared,
    entry: ['src/commands/doctor/doctor.ts'],
    format: ['cjs'],
    dts: false,
    clean: false,
  },
  { ...shared, entry: ['src/commands/serve/serve.ts'], format: ['cjs'], dts: false, clean: false },
  {
    ...shared,
    entry: ['src/commands/completion/completion.ts'],
    format: ['cjs'],
    dts: false,
    clean: false,
  },
  { ...shared, entry: ['src/commands/ctl/ctl.ts'], format: ['cjs'], dts: false, clean: false },
  { ...shared, entry: ['src/commands/top/top.ts'], format: ['cjs'], dts: false, clean: false },
  { ...shared, entry: ['src/master/agent/agent.ts'], format: ['cjs'], dts: false, clean: false },
  {
    ...shared,
    entry: ['src/profiles/profile-thread.ts'],
    format: ['cjs'],
    dts: false,
    clean: false,
  },
  {
    ...shared,
    entry: ['src/hang-stacks/watchdog-thread.ts'],
    format: ['cjs'],
    dts: false,
    clean: false,
  },
  {
    ...shared,
    entry: ['src/exporter/exporter-thread.ts'],
    format: ['cjs'],
    dts: false,
    clean: false,
  },
])
