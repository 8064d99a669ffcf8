import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, test } from 'node:test'

/*
 * The folders of src are stages of the data's life, and arrows go one way. Each may use itself, those
 * named here, and packages where `packages` says so.
 */

interface Layer {
  /** Folders below src, and files directly in it. */
  readonly uses: readonly string[]
  readonly node: boolean
  /** Packages whose code it loads; types of any may be named. */
  readonly packages: readonly string[]
}

/** Files directly in src that belong to nobody's stage: they import nothing of ours but each other. */
const ground = [
  'limits',
  'stop',
  'version',
  'message-of',
  'otel-global',
  'log',
  'told-changes',
  'redacted',
  'within',
]

const layers: Record<string, Layer> = {
  model: { uses: [], node: false, packages: [] },
  config: {
    uses: ['model', 'limits', 'version', 'message-of', 'redacted'],
    node: true,
    packages: [],
  },
  collect: {
    uses: ['model', 'limits', 'stop', 'version', 'otel-global'],
    node: true,
    packages: [],
  },
  relay: { uses: ['model', 'limits', 'stop', 'version', 'within'], node: true, packages: [] },
  process: {
    uses: ['model', 'config', 'collect', 'relay', 'limits', 'stop', 'log', 'message-of'],
    node: true,
    packages: [],
  },
  text: { uses: ['model', 'limits'], node: true, packages: [] },
  endpoint: {
    uses: ['model', 'config', 'text', 'relay', 'limits', 'stop', 'message-of'],
    node: true,
    packages: [],
  },
  push: {
    uses: ['model', 'config', 'relay', 'limits', 'version', 'message-of', 'redacted', 'within'],
    node: true,
    packages: [],
  },
  mount: { uses: ['endpoint', 'relay', 'limits'], node: true, packages: [] },
  share: {
    uses: ['model', 'config', 'relay', 'limits', 'version', 'message-of', 'redacted', 'within'],
    node: true,
    packages: [],
  },
  export: {
    uses: [
      ...['model', 'config', 'relay', 'text', 'endpoint', 'push', 'mount', 'share'],
      ...['limits', 'stop', 'version', 'message-of'],
    ],
    node: true,
    packages: [],
  },
  sdk: {
    uses: [
      ...['model', 'config', 'collect', 'relay', 'process'],
      ...['limits', 'stop', 'version', 'log', 'message-of'],
    ],
    node: true,
    packages: [
      '@opentelemetry/api',
      '@opentelemetry/instrumentation',
      '@opentelemetry/sdk-metrics',
    ],
  },
  preload: {
    uses: [
      ...['model', 'config', 'collect', 'relay', 'process', 'mount', 'push', 'share', 'export'],
      ...['limits', 'stop', 'version', 'log', 'message-of'],
    ],
    node: true,
    packages: [],
  },
  sidecar: {
    uses: [
      ...['model', 'config', 'relay', 'text', 'endpoint', 'share', 'export'],
      ...['limits', 'version', 'message-of'],
    ],
    node: true,
    packages: [],
  },
  master: { uses: ['model', 'config', 'message-of'], node: true, packages: [] },
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

describe('the folders of src', () => {
  test('are all known, and have files', () => {
    const folders = new Set(files.map(layerOf).filter((layer) => layer !== ''))
    assert.deepEqual([...folders].sort(), Object.keys(layers).sort())
    assert.ok(imports.length > 100, 'the imports were not found')
  })

  for (const [layer, { uses, node, packages }] of Object.entries(layers)) {
    test(`${layer} uses ${uses.join(', ') || 'nothing'} of ours`, () => {
      const allowed = new Set([layer, ...uses])
      const wrong = ours(layer).filter(({ file, target }) => !allowed.has(stageOf(file, target)))
      assert.deepEqual(wrong.map(described), [])
    })

    test(`${layer} ${node ? 'may use' : 'does without'} Node, and loads ${packages.join(', ') || 'no package'}`, () => {
      const wrong = imports
        .filter((each) => each.layer === layer && !each.target.startsWith('.') && !each.isType)
        .filter(({ target }) => !(target.startsWith('node:') ? node : packages.includes(target)))
      assert.deepEqual(wrong.map(described), [])
    })
  }

  test('have no circle among them', () => {
    const reached = new Set<string>()
    const visit = (layer: string, path: readonly string[]): void => {
      assert.ok(!path.includes(layer), `a circle: ${[...path, layer].join(' -> ')}`)
      if (reached.has(layer)) return
      for (const next of new Set(ours(layer).map(({ file, target }) => stageOf(file, target)))) {
        if (next !== layer) visit(next, [...path, layer])
      }
      reached.add(layer)
    }
    for (const layer of Object.keys(layers)) visit(layer, [])
  })
})

describe('the files directly in src', () => {
  for (const name of ground) {
    test(`${name} stands on nothing of ours`, () => {
      const wrong = imports.filter(
        ({ file, target }) =>
          file === `${name}.ts` &&
          target.startsWith('.') &&
          !ground.includes(stageOf(file, target)),
      )
      assert.deepEqual(wrong.map(described), [])
    })
  }

  test('are used by no folder, but for those that stand on nothing', () => {
    const wrong = imports.filter(
      ({ layer, file, target }) =>
        layer !== '' && isTop(file, target) && !ground.includes(stageOf(file, target)),
    )
    assert.deepEqual(wrong.map(described), [])
  })

  test('the package’s entry loads neither the preload nor the runtime', () => {
    const loaded = closure('index.ts')
    assert.ok(loaded.has(join('sdk', 'instrumentation.ts')))
    assert.deepEqual(
      [...loaded].filter((file) => /^preload\/(?:runtime|register)\.ts$/.test(file)),
      [],
    )
  })

  test('the preload loads none of the stages’ work until something listens or forks', () => {
    const loaded = [...closure(join('preload', 'register.ts'))]
    assert.deepEqual(
      loaded.filter((file) =>
        /^(?:relay|export|endpoint|push|mount|process)\/|^preload\/runtime\.ts$/.test(file),
      ),
      [],
    )
  })

  test('the environment is read in one file', () => {
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

/** The file's text without comments, which may well speak of imports. */
function code(file: string): string {
  return readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^[ \t]*\/\/[^\n]*$/gm, '')
}

function layerOf(file: string): string {
  const [first = '', ...rest] = file.split(/[\\/]/)
  return rest.length === 0 ? '' : first
}

function ours(layer: string): Import[] {
  return imports.filter((each) => each.layer === layer && each.target.startsWith('.'))
}

/** Path below src of what a file imports. */
function resolved(file: string, target: string): string {
  return relative(root, join(root, file, '..', target))
}

/** The folder an import leads to, or the name of a file directly in src. */
function stageOf(file: string, target: string): string {
  const path = resolved(file, target)
  return layerOf(path) || path.replace(/\.ts$/, '')
}

function isTop(file: string, target: string): boolean {
  return target.startsWith('.') && layerOf(resolved(file, target)) === ''
}

/** Everything that is loaded along with a file, types aside. */
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
