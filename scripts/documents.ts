import { readFile, writeFile } from 'node:fs/promises'
import manifest from '../package.json' with { type: 'json' }
import { commandPages } from '../src/commands/completion/command-pages.ts'
import { checkNames } from '../src/commands/doctor/catalog/declaration.ts'
import { catalog as findings } from '../src/commands/doctor/catalog/finding.ts'
import { helpText } from '../src/commands/line/command-page.ts'
import { runOptions } from '../src/commands/run/run-options.ts'
import { serveOptions } from '../src/commands/serve/serve-options.ts'
import type { GunicornSetting } from '../src/config/gunicorn/answer.ts'
import { gunicornSettings } from '../src/config/gunicorn/gunicorn-settings.ts'
import { configSchema } from '../src/config/schema.ts'
import type { Setting } from '../src/config/table/setting.ts'
import { settingNames, table } from '../src/config/table.ts'
import { cleanName, exposedName, typeName } from '../src/exposition/text-names.ts'
import { catalog } from '../src/model/catalog/catalog.ts'
import type { Declaration } from '../src/model/catalog/declaration.ts'
import type { ErrorDeclaration } from '../src/model/errors/declaration.ts'
import { errorTopics } from '../src/model/errors/error-table.ts'
import { benchmarkSummary, currentBenchmarks } from './benchmark-summary.ts'
import { manualPage } from './man-page.ts'
import { pageLink } from './page-link.ts'
import { type Manifest, reportingSentence, withAddresses } from './repository.ts'

/*
 * Documents that come from tables in the code: docs/metrics.md, docs/configuration.md,
 * docs/doctor.md, docs/errors.md, docs/gunicorn.md, schema.json.
 * The table of benchmarks in README.md comes from bench/README.md.
 * And what follows from the address of the repository: package.json, SECURITY.md.
 * `npm run docs` writes them. Tests compare them with the tables.
 */

interface Document {
  /** Relative to the root of the repository. */
  readonly path: string
  readonly render: (current: string) => string
}

export const documents: readonly Document[] = [
  { path: 'docs/metrics.md', render: metrics },
  { path: 'docs/configuration.md', render: configuration },
  { path: 'docs/gunicorn.md', render: gunicorn },
  { path: 'docs/doctor.md', render: (text) => between(text, 'findings', findingTables()) },
  { path: 'docs/errors.md', render: (text) => between(text, 'errors', errorSections()) },
  { path: 'README.md', render: readme },
  { path: 'schema.json', render: () => `${JSON.stringify(configSchema(), undefined, 2)}\n` },
  { path: 'man/gunicorn-prometheus-exporter.1', render: manualPage },
  { path: 'docs/cli.md', render: (text) => between(text, 'commands', commandSections()) },
  { path: 'package.json', render: withAddresses },
  { path: 'SECURITY.md', render: security },
]

export async function current(path: string): Promise<string> {
  return await readFile(new URL(`../${path}`, import.meta.url), 'utf8')
}

function metrics(text: string): string {
  return between(text, 'metrics', metricTables())
}

function configuration(text: string): string {
  return between(text, 'settings', settingTables())
}

function gunicorn(text: string): string {
  const rows = Object.entries(gunicornSettings).map(([name, setting]) => gunicornRow(name, setting))
  const head = '| setting | options | `run` |\n|---|---|---|\n'
  return between(text, 'gunicorn-settings', `\n${head}${rows.join('')}\n`)
}

function gunicornRow(name: string, { flags, answer }: GunicornSetting): string {
  return `| \`${name}\` | ${codes(flags)} | ${gunicornText(answer)} |\n`
}

function gunicornText(answer: GunicornSetting['answer']): string {
  if (answer.kind === 'same') return answer.note === undefined ? 'same' : `same. ${answer.note}`
  return answer.kind === 'instead' ? `other name. ${answer.text}` : `refused. ${answer.text}`
}

function findingTables(): string {
  const head = '| finding | level | what is found | what to do | read |\n|---|---|---|---|---|\n'
  return checkNames
    .map((check) => {
      const rows = Object.entries(findings)
        .filter(([, declaration]) => declaration.check === check)
        .map(([id, { level, meaning, remedy, page }]) => {
          const told = remedy.replace(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())
          const cells = [`\`${id}\``, level, meaning, told.replaceAll('|', '\\|'), pageLink(page)]
          return `| ${cells.join(' | ')} |\n`
        })
      return `### The check \`${check}\`\n\n${head}${rows.join('')}\n`
    })
    .join('')
}

function commandSections(): string {
  return commandPages
    .map((page) => `\n## ${page.name}\n\n\`\`\`text\n${helpText(page)}\`\`\`\n`)
    .join('')
}

function errorSections(): string {
  return Object.entries(errorTopics)
    .map(([topic, errors]) => {
      const sections = Object.entries(errors).map(([code, error]) => errorSection(code, error))
      return `\n## ${topic}\n\n${sections.join('\n')}`
    })
    .join('')
}

function errorSection(
  code: string,
  { level, meaning, remedy, page, findings: named = [] }: ErrorDeclaration,
): string {
  const items = [`Level: ${level}`, `What to do: ${remedy}`, `Read: ${pageLink(page)}`]
  const links = named.map((name) => `[\`${name}\`](doctor.md#findings)`)
  const label = links.length > 1 ? 'Findings' : 'Finding'
  if (links.length > 0) items.push(`${label} of \`doctor\`: ${links.join(',\n  ')}`)
  const list = items.map((item) => `- ${item}\n`).join('')
  return `### ${code}\n\n${meaning}\n\n${list}`
}

function readme(text: string): string {
  return between(text, 'benchmarks', `\n${benchmarkSummary(currentBenchmarks())}\n`)
}

function security(text: string): string {
  const known: Manifest = manifest
  return between(text, 'advisory', `\n${reportingSentence(known)}\n`)
}

function between(text: string, mark: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${mark} -->\n)[\\s\\S]*(<!-- /${mark} -->)`)
  return text.replace(pattern, (_, begin: string, end: string) => `${begin}${content}${end}`)
}

function metricTables(): string {
  const declarations = Object.values(catalog)
  const head = '| metric | type | labels | meaning |\n|---|---|---|---|\n'
  return metricGroups
    .map(({ title, prefix }) => {
      const rows = declarations.filter(({ name }) => name.startsWith(prefix)).map(metricRow)
      return `## ${title}\n\n${head}${rows.join('')}\n`
    })
    .join('')
}

const metricGroups = [
  { title: 'Workers', prefix: 'gunicorn_worker_' },
  { title: 'Requests by route', prefix: 'http.server.' },
  { title: 'The primary', prefix: 'gunicorn_master_' },
  { title: 'The exporter', prefix: 'gunicorn_exporter_' },
  { title: 'The sidecar', prefix: 'gunicorn_sidecar_' },
] as const

/** With the names of the page: OpenTelemetry's names have dots, and no unit. */
function metricRow(declaration: Declaration): string {
  const { labels, help } = declaration
  const { sample } = exposedName(declaration)
  const type = typeName(declaration)
  return `| \`${sample}\` | ${type} | ${labels.map(cleanName).join(', ') || 'none'} | ${help} |\n`
}

function settingTables(): string {
  const topics = new Map<string, string[]>()
  for (const name of settingNames) {
    const setting = table[name] as Setting
    const rows = topics.get(setting.topic) ?? []
    rows.push(settingRow(name, setting))
    topics.set(setting.topic, rows)
  }
  const head = `| environment | YAML | default | in code | meaning |\n|---|---|---|---|---|\n`
  return Array.from(topics, ([topic, rows]) => `### ${topic}\n\n${head}${rows.join('')}\n`).join('')
}

function settingRow(
  name: string,
  { env, keys, kind, fallback, fallbackText, help, flag }: Setting,
): string {
  const meaning = flag ? `${help} (\`${commandOf(flag.name)}--${flag.name}\`)` : help
  const byDefault = fallbackText ?? kind.shown(fallback)
  const cells = [codes(env), codes(keys), byDefault || 'none', codes([name]), meaning]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
}

/** The command that has the option. Empty: `run` and `serve` have it. */
function commandOf(option: string): string {
  if (!(option in serveOptions)) return 'run '
  return option in runOptions ? '' : 'serve '
}

function codes(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ') || 'none'
}

if (import.meta.main) {
  for (const { path, render } of documents) {
    const text = await current(path).catch(() => '')
    await writeFile(new URL(`../${path}`, import.meta.url), render(text))
  }
}
