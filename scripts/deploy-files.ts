import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'

/*
 * Writes the files of deploy/kubernetes and deploy/helm that have another source: the rules, and
 * the dashboards. Helm reads only files of its chart, and Kustomize only files of its folder.
 */

const root = join(import.meta.dirname, '..')
const rulesFolder = 'collector-config/rules'
const dashboardsFolder = 'deploy/grafana/dashboards'
const chart = 'deploy/helm/gunicorn-prometheus-exporter'

/** The content of each copied file by its path below the root. */
export async function copiedFiles(): Promise<ReadonlyMap<string, string>> {
  const rules = await contentsOf(rulesFolder, '.yml')
  const dashboards = await contentsOf(dashboardsFolder, '.json')
  return new Map([
    [
      'deploy/kubernetes/components/rules/prometheus-rule.yaml',
      prometheusRule([...rules.values()]),
    ],
    ...placed(rules, `${chart}/files/rules`),
    ...placed(dashboards, `${chart}/files/dashboards`),
  ])
}

/** The copied files that exist, by their path below the root. */
export async function presentFiles(): Promise<string[]> {
  const folders = [`${chart}/files/rules`, `${chart}/files/dashboards`]
  const files = await Promise.all(
    folders.map(async (folder) =>
      [...(await contentsOf(folder, '')).keys()].map((name) => `${folder}/${name}`),
    ),
  )
  return files.flat()
}

function placed(contents: ReadonlyMap<string, string>, folder: string): [string, string][] {
  return Array.from(contents, ([name, text]) => [`${folder}/${name}`, text])
}

async function contentsOf(folder: string, ending: string): Promise<Map<string, string>> {
  const path = join(root, folder)
  if (!existsSync(path)) return new Map()
  const names = (await readdir(path)).filter((name) => name.endsWith(ending)).sort()
  const texts = names.map(
    async (name): Promise<[string, string]> => [name, await readFile(join(path, name), 'utf8')],
  )
  return new Map(await Promise.all(texts))
}

/** All groups as one object of the Prometheus operator. */
function prometheusRule(files: readonly string[]): string {
  const groups = files.flatMap((text) => (parse(text) as { groups: unknown[] }).groups)
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'gunicorn-prometheus-exporter' },
    spec: { groups },
  }
  const head = `# \`npm run deploy:files\` writes this file from ${rulesFolder}.\n`
  return head + stringify(rule, { lineWidth: 0 })
}

if (import.meta.main) {
  const copies = await copiedFiles()
  for (const path of await presentFiles()) if (!copies.has(path)) await rm(join(root, path))
  for (const [path, text] of copies) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
}
