import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, test } from 'node:test'

/*
 * The folders of src are stages of the data, and imports go one way. A folder may import from
 * itself, from the folders that its entry names, and from the packages that its entry names.
 */

interface Layer {
  /** Folders below src, beside the shared folders. */
  readonly uses: readonly string[]
  readonly node: boolean
  /** Packages whose code the folder loads. Types of every package are allowed. */
  readonly packages: readonly string[]
}

/** Folders that every folder may use. */
const shared = [
  ...['support', 'support/intrinsics', 'support/listeners', 'support/process'],
  ...[
    'model',
    'model/catalog',
    'model/errors',
    'model/live',
    'model/merging',
    'model/page',
    'model/route',
  ],
  ...['model/request', 'model/text', 'limits', 'limits/tools'],
]

/** Each folder with files, sub-folders included. Imports from the shared folders are free. */
const layers: Record<string, Layer> = {
  limits: { uses: [], node: false, packages: [] },
  'limits/tools': { uses: [], node: false, packages: [] },
  model: { uses: ['model/errors'], node: false, packages: [] },
  'model/catalog': { uses: [], node: false, packages: [] },
  'model/errors': { uses: [], node: false, packages: [] },
  'model/live': { uses: ['limits/tools', 'support'], node: false, packages: [] },
  'model/merging': { uses: ['limits'], node: false, packages: [] },
  'model/page': { uses: ['limits'], node: false, packages: [] },
  'model/request': { uses: [], node: false, packages: [] },
  'model/route': { uses: [], node: false, packages: [] },
  'model/text': { uses: [], node: false, packages: [] },
  'support/process': { uses: [], node: true, packages: [] },
  'support/intrinsics': { uses: [], node: true, packages: [] },
  support: { uses: ['support/intrinsics', 'support/process'], node: true, packages: [] },
  'support/listeners': { uses: ['support', 'support/intrinsics'], node: true, packages: [] },
  files: { uses: [], node: true, packages: [] },
  'otel/shared': { uses: [], node: false, packages: [] },
  'otel/bundled': {
    uses: [],
    node: true,
    packages: ['@opentelemetry/api', '@opentelemetry/sdk-metrics'],
  },
  otel: { uses: ['otel/bundled', 'otel/shared'], node: false, packages: [] },
  log: { uses: ['otel'], node: true, packages: [] },
  'config/table': { uses: [], node: true, packages: [] },
  'config/gunicorn': { uses: [], node: false, packages: [] },
  'config/table/run': { uses: ['config/table'], node: false, packages: [] },
  config: { uses: ['config/table', 'config/table/run', 'files', 'log'], node: true, packages: [] },
  'config/otlp': { uses: ['config', 'files', 'log'], node: true, packages: [] },
  'config/resolve': {
    uses: ['config', 'config/otlp', 'config/table', 'files', 'log'],
    node: true,
    packages: [],
  },
  'collect/counts': { uses: [], node: true, packages: [] },
  'collect/http/frameworks/hooks': { uses: [], node: true, packages: [] },
  'collect/http/frameworks/express': {
    uses: ['collect/http/frameworks/hooks'],
    node: false,
    packages: [],
  },
  'collect/http/frameworks/graphql': {
    uses: ['collect/http/frameworks/hooks'],
    node: true,
    packages: [],
  },
  'collect/http/frameworks/koa': {
    uses: ['collect/http/frameworks/hooks'],
    node: false,
    packages: [],
  },
  'collect/http/frameworks/trpc': {
    uses: ['collect/http/frameworks/hooks'],
    node: true,
    packages: [],
  },
  'collect/http/frameworks': {
    uses: [
      ...['collect/http/frameworks/express', 'collect/http/frameworks/graphql'],
      'collect/http/frameworks/trpc',
      ...['collect/http/frameworks/hooks', 'collect/http/frameworks/koa'],
    ],
    node: true,
    packages: [],
  },
  'collect/http': {
    uses: [
      ...['collect/counts', 'collect/http/frameworks', 'collect/http/frameworks/hooks'],
      'otel',
    ],
    node: true,
    packages: [],
  },
  'collect/servers': { uses: [], node: true, packages: [] },
  'collect/cluster': { uses: [], node: true, packages: [] },
  'collect/process': {
    uses: ['collect/cluster', 'collect/counts', 'collect/http'],
    node: true,
    packages: [],
  },
  collect: {
    uses: [
      ...['collect/counts', 'collect/http', 'collect/http/frameworks', 'collect/process'],
      ...['collect/http/frameworks/graphql', 'collect/http/frameworks/hooks'],
      'collect/servers',
    ],
    node: true,
    packages: [],
  },
  'relay/last-report': { uses: ['files'], node: true, packages: [] },
  'relay/values': { uses: [], node: true, packages: [] },
  relay: { uses: ['files', 'relay/last-report', 'relay/values'], node: true, packages: [] },
  'mapped-memory': { uses: [], node: true, packages: [] },
  'crash-file': {
    uses: ['collect/counts', 'files', 'relay', 'relay/last-report'],
    node: true,
    packages: [],
  },
  'crash-file/memory': {
    uses: ['collect/counts', 'crash-file', 'mapped-memory', 'relay'],
    node: true,
    packages: [],
  },
  'hang-stacks': {
    uses: ['config', 'files', 'log', 'profiles', 'relay/last-report'],
    node: true,
    packages: [],
  },
  'state/ends': { uses: ['state/workers'], node: true, packages: [] },
  'state/workers': { uses: ['relay'], node: true, packages: [] },
  'state/series': { uses: ['exposition', 'relay', 'relay/values'], node: false, packages: [] },
  state: {
    uses: [
      'crash-file',
      'hang-stacks',
      'otel',
      'relay',
      'relay/last-report',
      'state/ends',
      'relay/values',
      'state/series',
      'state/workers',
    ],
    node: true,
    packages: [],
  },
  'exposition/samples': { uses: [], node: true, packages: [] },
  'exposition/codings': { uses: [], node: true, packages: [] },
  exposition: {
    uses: ['exposition/codings', 'exposition/samples'],
    node: true,
    packages: [],
  },
  'endpoint/bind': { uses: ['files'], node: true, packages: [] },
  'live-page/data': { uses: [], node: false, packages: [] },
  'live-page/connection': { uses: ['live-page/data'], node: false, packages: [] },
  'live-page/dom': { uses: ['live-page/data'], node: false, packages: [] },
  'live-page/table': {
    uses: ['live-page/data', 'live-page/dom'],
    node: false,
    packages: [],
  },
  'live-page/plots': {
    uses: ['live-page/connection', 'live-page/dom'],
    node: false,
    packages: ['uplot'],
  },
  'live-page/sections': {
    uses: [
      ...['live-page/connection', 'live-page/data', 'live-page/dom', 'live-page/plots'],
      'live-page/table',
    ],
    node: false,
    packages: [],
  },
  'live-page': {
    uses: [...['live-page/connection', 'live-page/data', 'live-page/dom', 'live-page/sections']],
    node: false,
    packages: [],
  },
  'endpoint/body': { uses: [], node: true, packages: [] },
  endpoint: {
    uses: ['endpoint/bind', 'endpoint/body', 'exposition', 'exposition/codings', 'files'],
    node: true,
    packages: [],
  },
  mount: { uses: ['endpoint', 'endpoint/body', 'relay'], node: true, packages: [] },
  'push/answers': { uses: ['log'], node: true, packages: [] },
  push: {
    uses: ['config', 'config/otlp', 'files', 'log', 'otel', 'push/answers'],
    node: true,
    packages: ['@opentelemetry/resources'],
  },
  'share/peers': { uses: ['config', 'relay', 'relay/values'], node: true, packages: [] },
  'share/redis': { uses: ['config', 'files', 'log', 'share/peers'], node: true, packages: [] },
  'share/directory': { uses: ['config', 'files', 'share/peers'], node: true, packages: [] },
  'share/succession': { uses: ['share/peers', 'share/redis', 'state'], node: true, packages: [] },
  'share/hand-over': {
    uses: [
      'config',
      'files',
      'relay',
      'share/directory',
      'share/peers',
      'share/succession',
      'state',
    ],
    node: true,
    packages: [],
  },
  share: { uses: ['share/peers', 'share/redis', 'share/succession'], node: true, packages: [] },
  'live/history': { uses: [], node: true, packages: [] },
  'live/counts': { uses: ['live/history'], node: false, packages: [] },
  live: {
    uses: ['endpoint', 'live/counts', 'live/history', 'state', 'state/workers'],
    node: true,
    packages: [],
  },
  'exporter/shown': { uses: ['crash-file', 'endpoint'], node: false, packages: [] },
  exporter: {
    uses: [
      'exporter/shown',
      'live',
      ...[
        'config',
        'crash-file',
        'crash-file/memory',
        'files',
        'hang-stacks',
        'log',
        'relay',
        'relay/last-report',
        'state',
        'state/ends',
        'state/workers',
        'otel',
        'otel/bundled',
      ],
      ...['exposition', 'endpoint', 'endpoint/bind', 'mount', 'push', 'share'],
      ...['share/directory', 'share/hand-over', 'share/redis'],
    ],
    node: true,
    packages: [],
  },
  'sdk/readers': {
    uses: ['config', 'config/resolve', 'exposition', 'files', 'log', 'otel'],
    node: true,
    packages: ['@opentelemetry/sdk-metrics'],
  },
  sdk: {
    uses: [
      'sdk/readers',
      ...['collect', 'collect/cluster', 'collect/counts', 'collect/process', 'config'],
      ...[
        'config/resolve',
        'exposition',
        'files',
        'log',
        'otel',
        'relay',
        'relay/last-report',
        'state',
        'state/ends',
        'state/workers',
      ],
    ],
    node: true,
    packages: [
      '@opentelemetry/api',
      '@opentelemetry/instrumentation',
      '@opentelemetry/sdk-metrics',
    ],
  },
  'preload/advice': {
    uses: ['collect/cluster', 'config', 'config/resolve', 'log'],
    node: true,
    packages: [],
  },
  'preload/workers': {
    uses: [
      ...['collect/cluster', 'config', 'crash-file/memory', 'exporter', 'log', 'mapped-memory'],
      ...['preload/advice', 'relay', 'state'],
    ],
    node: true,
    packages: [],
  },
  'preload/thread': {
    uses: [
      ...['config', 'exporter', 'files', 'push', 'relay'],
      ...['share', 'share/directory', 'share/hand-over', 'share/redis'],
    ],
    node: true,
    packages: [],
  },
  'preload/metrics': {
    uses: [
      ...['collect', 'collect/counts', 'collect/process', 'config'],
      ...['log', 'otel', 'otel/bundled', 'relay'],
    ],
    node: true,
    packages: [],
  },
  preload: {
    uses: [
      ...['preload/advice', 'preload/metrics', 'preload/thread', 'preload/workers'],
      ...['collect', 'collect/cluster', 'collect/counts', 'collect/http/frameworks'],
      ...['collect/process', 'collect/servers'],
      ...[
        'config',
        'config/otlp',
        'config/resolve',
        'crash-file',
        'crash-file/memory',
        'exporter',
        'files',
        'log',
        'mount',
        'otel',
        'otel/bundled',
        'push',
      ],
      ...['hang-stacks', 'relay'],
      ...['relay/last-report', 'share', 'share/directory', 'share/hand-over', 'share/redis'],
      'state',
    ],
    node: true,
    packages: [],
  },
  packed: { uses: ['preload'], node: true, packages: [] },
  sidecar: {
    uses: [
      ...['endpoint', 'exporter', 'exposition', 'live', 'live/counts', 'log'],
      ...['share', 'share/directory', 'share/peers', 'share/redis'],
    ],
    node: true,
    packages: [],
  },
  profiles: { uses: ['files'], node: true, packages: [] },
  'master/watch': {
    uses: ['config/table/run', 'log', 'master/settings'],
    node: true,
    packages: [],
  },
  'master/requests': { uses: [], node: true, packages: [] },
  'master/drains': { uses: [], node: false, packages: [] },
  'master/warm-up': { uses: [], node: false, packages: [] },
  'master/agent': {
    uses: ['files', 'master/drains', 'master/requests', 'master/warm-up', 'profiles'],
    node: true,
    packages: [],
  },
  'master/sockets': {
    uses: ['files', 'log', 'master/agent', 'master/warm-up'],
    node: true,
    packages: [],
  },
  'master/settings': {
    uses: ['config', 'config/table', 'config/table/run', 'log'],
    node: true,
    packages: [],
  },
  'master/worker': {
    uses: [
      ...['log', 'master/agent', 'master/hooks', 'master/settings', 'master/systemd'],
      'profiles',
      'master/watch',
    ],
    node: true,
    packages: [],
  },
  'master/pool': {
    uses: [
      ...['log', 'master/agent', 'master/hooks', 'master/settings', 'master/systemd'],
      'master/worker',
    ],
    node: true,
    packages: [],
  },
  'master/hooks': { uses: ['log'], node: true, packages: [] },
  'master/orphans': { uses: ['log'], node: true, packages: [] },
  'master/systemd': { uses: ['config', 'log'], node: true, packages: [] },
  'master/upgrade': {
    uses: ['config', 'log', 'master', 'master/process', 'master/sockets', 'share/hand-over'],
    node: true,
    packages: [],
  },
  'master/process': { uses: [], node: true, packages: [] },
  'master/control/commands': {
    uses: [
      ...['config', 'log', 'master/control', 'master/control/profiles', 'master/settings'],
      ...['master/sockets', 'master/worker'],
    ],
    node: true,
    packages: [],
  },
  'master/control': { uses: ['files', 'log'], node: true, packages: [] },
  'master/control/profiles': {
    uses: ['config', 'files', 'master/control', 'master/settings', 'master/worker', 'profiles'],
    node: true,
    packages: [],
  },
  master: {
    uses: [
      ...['log', 'master/agent', 'master/hooks', 'master/pool', 'master/process'],
      ...['master/settings', 'master/sockets', 'master/systemd', 'master/worker'],
    ],
    node: true,
    packages: [],
  },
  'commands/line': {
    uses: ['config', 'config/resolve', 'config/table', 'log'],
    node: true,
    packages: [],
  },
  'commands/completion': {
    uses: [
      ...['commands/check', 'commands/ctl', 'commands/doctor', 'commands/line', 'commands/run'],
      ...['commands/serve', 'commands/top', 'log'],
    ],
    node: false,
    packages: [],
  },
  'commands/check': {
    uses: [...['commands/line', 'config', 'config/resolve', 'config/table', 'log']],
    node: true,
    packages: [],
  },
  'commands/doctor/catalog': { uses: [], node: false, packages: [] },
  'commands/doctor/facts': {
    uses: [
      ...['commands/line', 'config', 'config/resolve', 'config/table', 'endpoint'],
      ...['endpoint/bind', 'exporter', 'files', 'share/redis'],
    ],
    node: true,
    packages: [],
  },
  'commands/doctor/checks': {
    uses: [
      ...['commands/doctor/catalog', 'commands/doctor/facts', 'config', 'config/otlp'],
      ...['config/resolve', 'endpoint', 'endpoint/bind', 'files', 'log', 'master/control', 'push'],
      ...['push/answers', 'share/redis'],
    ],
    node: true,
    packages: [],
  },
  'commands/doctor': {
    uses: [
      ...['commands/doctor/catalog', 'commands/doctor/checks', 'commands/doctor/facts'],
      ...['commands/line', 'config', 'log'],
    ],
    node: true,
    packages: [],
  },
  'commands/ctl': {
    uses: ['commands/line', 'config', 'master/control'],
    node: true,
    packages: [],
  },
  'commands/serve': {
    uses: [
      ...['commands/line', 'config', 'config/resolve', 'config/table', 'endpoint', 'log'],
      ...['exporter', 'live', 'preload', 'share/redis', 'share/directory', 'sidecar'],
    ],
    node: true,
    packages: [],
  },
  'commands/run': {
    uses: [
      ...['commands/line', 'config', 'config/gunicorn', 'config/resolve', 'config/table'],
      ...['exporter', 'log', 'master', 'master/control', 'master/control/commands'],
      'master/control/profiles',
      ...['master/hooks', 'master/orphans', 'master/process', 'master/requests'],
      ...['master/settings', 'master/sockets', 'master/systemd', 'master/upgrade'],
      ...['master/watch', 'master/worker', 'preload'],
    ],
    node: true,
    packages: [],
  },
  'commands/top/text': { uses: [], node: false, packages: [] },
  'commands/top/source': { uses: [], node: true, packages: [] },
  'commands/top/terminal': {
    uses: ['commands/top/text', 'config/resolve'],
    node: true,
    packages: [],
  },
  'commands/top/tables': {
    uses: ['commands/top/source', 'commands/top/text'],
    node: false,
    packages: [],
  },
  'commands/top/state': {
    uses: ['commands/top/source', 'commands/top/tables', 'commands/top/terminal'],
    node: false,
    packages: [],
  },
  'commands/top/view': {
    uses: [
      ...['commands/top/source', 'commands/top/state', 'commands/top/tables'],
      'commands/top/text',
    ],
    node: false,
    packages: [],
  },
  'commands/top': {
    uses: [
      ...['commands/line', 'commands/top/source', 'commands/top/state', 'commands/top/tables'],
      ...['commands/top/terminal', 'commands/top/text', 'commands/top/view'],
      ...['config', 'config/resolve', 'files', 'log'],
    ],
    node: true,
    packages: [],
  },
  commands: {
    uses: [
      ...['commands/check', 'commands/doctor', 'commands/line', 'commands/run', 'commands/serve'],
      ...['commands/completion', 'commands/ctl', 'commands/top'],
      ...['config', 'log'],
    ],
    node: true,
    packages: [],
  },
}

const root = join(import.meta.dirname, '../src')

interface Import {
  readonly file: string
  readonly layer: string
  readonly target: string
  readonly isType: boolean
}

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)
const imports = files.flatMap(importsOf)

describe('Each folder of src', () => {
  test('has an entry in the table of layers, and files', () => {
    const folders = new Set(files.map(layerOf).filter((layer) => layer !== ''))
    assert.deepEqual([...folders].sort(), Object.keys(layers).sort())
    assert.ok(imports.length > 100, 'the imports were not found')
  })

  for (const [layer, { uses, node, packages }] of Object.entries(layers)) {
    test(`(${layer}) imports only from ${uses.join(', ') || 'the shared folders'}`, () => {
      const allowed = new Set([layer, ...uses, ...freeFor(layer)])
      const wrong = ours(layer).filter(({ file, target }) => !allowed.has(stageOf(file, target)))
      assert.deepEqual(wrong.map(described), [])
    })

    const modules = [...(node ? ['node:*'] : []), ...packages].join(', ')
    test(`(${layer}) loads ${modules || 'no module of Node and no package'}`, () => {
      const wrong = imports
        .filter((each) => each.layer === layer && !each.target.startsWith('.') && !each.isType)
        .filter(({ target }) => !(target.startsWith('node:') ? node : packages.includes(target)))
      assert.deepEqual(wrong.map(described), [])
    })
  }

  test('holds at most 18 files side by side', () => {
    const counts = new Map<string, number>()
    for (const file of files) counts.set(layerOf(file), (counts.get(layerOf(file)) ?? 0) + 1)
    assert.deepEqual(
      [...counts].filter(([, count]) => count > 18),
      [],
    )
  })

  test('is in no circle of imports', () => {
    const reached = new Set<string>()
    const follow = (layer: string, path: readonly string[]): void => {
      assert.ok(!path.includes(layer), `a circle: ${[...path, layer].join(' -> ')}`)
      if (reached.has(layer)) return
      for (const next of new Set(ours(layer).map(({ file, target }) => stageOf(file, target)))) {
        if (next !== layer) follow(next, [...path, layer])
      }
      reached.add(layer)
    }
    for (const layer of Object.keys(layers)) follow(layer, [])
  })
})

describe('Of the files of src,', () => {
  test('only the entry of the package is in no folder', () => {
    const names = files.filter((file) => layerOf(file) === '').map((file) => file.slice(0, -3))
    assert.deepEqual(names.sort(), ['index'])
  })

  test('none in a folder imports the entry', () => {
    const wrong = imports.filter(({ layer, file, target }) => layer !== '' && isTop(file, target))
    assert.deepEqual(wrong.map(described), [])
  })

  test('the entry loads neither the preload nor the runtime', () => {
    const loaded = closure('index.ts')
    assert.ok(loaded.has(join('sdk', 'instrumentation.ts')))
    assert.deepEqual(
      [...loaded].filter((file) => /^preload\/(?:runtime|register)\.ts$/.test(file)),
      [],
    )
  })

  test('the preload loads no stage before the process listens or forks', () => {
    const late = new RegExp(
      '^(?:relay|crash-file|state|exporter|endpoint|push|mount)/' +
        '|^preload/(?:runtime|primary|metrics/process-metrics)\\.ts$',
    )
    const loaded = [...closure(join('preload', 'register.ts'))]
    assert.deepEqual(
      loaded.filter((file) => late.test(file)),
      [],
    )
  })

  test('one file reads the environment', () => {
    const readers = files.filter((file) => /process\.env\b/.test(code(file)))
    assert.deepEqual(readers, [join('config', 'environment.ts')])
  })
})

function importsOf(file: string): Import[] {
  const statements = code(file).matchAll(
    /(?:import|export)(\s+type)?\b[^'"`;()]*?from '([^']+)'|import '([^']+)'|import\('([^']+)'\)/g,
  )
  return Array.from(statements, ([, type, from, bare, dynamic]) => {
    const target = from ?? bare ?? dynamic ?? ''
    return { file, layer: layerOf(file), target, isType: type !== undefined }
  })
}

/** The text of the file without comments, because a comment can contain an import. */
function code(file: string): string {
  return readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^[ \t]*\/\/[^\n]*$/gm, '')
}

/** The folder below src that holds the file; empty for a file directly in src. */
function layerOf(file: string): string {
  const folder = dirname(file).replaceAll('\\', '/')
  return folder === '.' ? '' : folder
}

/** The shared folders import less: `limits` nothing, `model` only `limits` and its texts. */
function freeFor(layer: string): readonly string[] {
  if (layer === 'limits') return []
  if (layer === 'model') return ['limits', 'model/text']
  if (layer.startsWith('model/')) return ['model']
  return layer === 'support' ? ['model', 'limits'] : [...shared]
}

function ours(layer: string): Import[] {
  return imports.filter((each) => each.layer === layer && each.target.startsWith('.'))
}

/** The path below src of an imported file. */
function resolved(file: string, target: string): string {
  return relative(root, join(root, file, '..', target))
}

/** The folder of an imported file, or the name of a file directly in src. */
function stageOf(file: string, target: string): string {
  const path = resolved(file, target)
  return layerOf(path) || path.replace(/\.ts$/, '')
}

function isTop(file: string, target: string): boolean {
  return target.startsWith('.') && layerOf(resolved(file, target)) === ''
}

/** The files that a file loads, directly and through other files, without types. */
function closure(entry: string): Set<string> {
  const reached = new Set([entry])
  for (const file of reached) {
    for (const { target, isType } of imports.filter((each) => each.file === file)) {
      if (!isType && target.startsWith('.')) reached.add(resolved(file, target))
    }
  }
  return reached
}

function described({ file, target }: Import): string {
  return `${file} -> ${target}`
}
