import { readFile, writeFile } from 'node:fs/promises'
import { configSchema } from '../src/config/schema.ts'
import { type Setting, settingNames, type Topic, table } from '../src/config/table.ts'
import { catalog, type Declaration } from '../src/model/catalog.ts'

/*
 * What is written from tables in the code: README's metrics, docs/configuration.md, schema.json.
 * `npm run docs` writes them; tests hold them together.
 */

interface Document {
  /** Below the root. */
  readonly path: string
  readonly render: (current: string) => string
}

export const documents: readonly Document[] = [
  { path: 'README.md', render: readme },
  { path: 'docs/configuration.md', render: configuration },
  { path: 'schema.json', render: () => `${JSON.stringify(configSchema(), undefined, 2)}\n` },
]

export async function current(path: string): Promise<string> {
  return await readFile(new URL(`../${path}`, import.meta.url), 'utf8')
}

function readme(text: string): string {
  return between(text, 'metrics', metricTable())
}

function configuration(text: string): string {
  return between(text, 'settings', settingTables())
}

function between(text: string, mark: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${mark} -->\n)[\\s\\S]*(<!-- /${mark} -->)`)
  return text.replace(pattern, (_, begin: string, end: string) => `${begin}${content}${end}`)
}

function metricTable(): string {
  const rows = Object.values(catalog).map(metricRow)
  return `| metric | type | labels | meaning |\n|---|---|---|---|\n${rows.join('')}`
}

function metricRow({ name, kind, labels, help }: Declaration): string {
  return `| \`${name}\` | ${kind} | ${labels.join(', ') || 'none'} | ${help} |\n`
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
  { env, keys, kind, fallback, fallbackText, help, flag, topic }: Setting,
): string {
  const said = flag ? `${help} (\`${commandOf(topic)}--${flag.name}\`)` : help
  const byDefault = fallbackText ?? kind.shown(fallback)
  const cells = [codes(env), codes(keys), byDefault || 'none', codes([name]), said]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
}

/** The one that has the flag, where the other has not. */
function commandOf(topic: Topic): string {
  if (topic === table.workers.topic) return 'run '
  return topic === table.sidecarMode.topic ? 'serve ' : ''
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
