import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import ranking from '../../../site/ranking.json' with { type: 'json' }
import { commandPages } from '../../../src/commands/completion/command-pages.ts'
import { settings, table } from '../../../src/config/table.ts'
import { exposedName } from '../../../src/exposition/text-names.ts'
import { catalog } from '../../../src/model/catalog/catalog.ts'
import { errorTable } from '../../../src/model/errors/error-table.ts'

/** A name that a person types, and the addresses of right results. */
export interface Search {
  readonly name: string
  readonly addresses: readonly string[]
}

/** Each setting by its variables, its keys and its name in code. */
export function settingSearches(): Search[] {
  return Object.entries(table).flatMap(([option, { env, keys }]) =>
    [...env, ...keys, option].map((name) => ({ name, addresses: rowsOf({ env, keys }) })),
  )
}

/** Each option of a command, in the long and in the short form. */
export function optionSearches(): Search[] {
  const addresses = new Map<string, string[]>()
  const add = (name: string, ...more: readonly string[]) =>
    addresses.set(name, [...(addresses.get(name) ?? []), ...more])
  for (const { name: command, options } of commandPages) {
    for (const [name, { short }] of Object.entries(options)) {
      const address = `/cli/#${command}--${name}`
      add(`--${name}`, address)
      if (short !== undefined) add(`-${short}`, address)
    }
  }
  return Array.from(addresses, ([name, all]) => ({ name, addresses: all }))
}

/** The option of each setting, which leads to the row of the setting. */
export function settingOptionSearches(): Search[] {
  return settings.flatMap(({ flag, env, keys }) =>
    flag === undefined ? [] : [{ name: `--${flag.name}`, addresses: rowsOf({ env, keys }) }],
  )
}

/** Each metric, with the samples of a histogram. */
export function metricSearches(): Search[] {
  return Object.values(catalog).flatMap((declaration) => {
    const { sample } = exposedName(declaration)
    const parts = declaration.kind === 'histogram' ? ['', '_bucket', '_count', '_sum'] : ['']
    return parts.map((part) => ({ name: `${sample}${part}`, addresses: [`/metrics/#${sample}`] }))
  })
}

export function codeSearches(): Search[] {
  const codes = Object.keys(errorTable)
  return codes.map((name) => ({ name, addresses: [`/errors/#${name.toLowerCase()}`] }))
}

/** The anchors of a row: its variables, or its keys without a variable. */
function rowsOf({ env, keys }: { env: readonly string[]; keys: readonly string[] }): string[] {
  return (env.length > 0 ? env : keys).map((id) => `/configuration/#${id}`)
}

/** The place of the first right result of each search, as the browser searches. 0: not found. */
export async function placesOf(
  page: Page,
  searches: readonly Search[],
): Promise<ReadonlyMap<string, number>> {
  const places = await page.evaluate(
    async ({ searches, ranking }) => {
      const { search, options } = await import(new URL('/pagefind/pagefind.js', location.href).href)
      await options({ ranking })
      const places: [string, number][] = []
      for (const { name, addresses } of searches) {
        const { results } = (await search(name)) as {
          results: { data(): Promise<{ url: string }> }[]
        }
        const found = await Promise.all(results.slice(0, 20).map((result) => result.data()))
        places.push([name, found.findIndex(({ url }) => addresses.includes(url)) + 1])
      }
      return places
    },
    { searches, ranking },
  )
  return new Map(places)
}

export interface Expected {
  /** Folder of the built site. */
  readonly dist: string
  readonly context: Pick<TestContext, 'diagnostic'>
  readonly searches: readonly Search[]
  readonly atLeast: number
}

/** One of the first three results is right. For a common word in code: of the first ten. */
export async function assertFound(
  page: Page,
  { dist, context, searches, atLeast }: Expected,
): Promise<void> {
  assert.ok(searches.length >= atLeast, `${searches.length} searches`)
  const places = await placesOf(page, searches)
  const firstThree = places.size - behind(places, 3).length
  context.diagnostic(
    `${places.size} searches, ${firstThree} with a right result in the first three`,
  )
  assert.deepEqual(
    behind(places, 3).filter((name) => !/^[a-z]+$/.test(name)),
    [],
  )
  assert.deepEqual(behind(places, 10), [])
  const addresses = new Set(searches.flatMap((search) => search.addresses))
  assert.deepEqual(
    [...addresses].filter((address) => !hasAnchor(dist, address)),
    [],
  )
}

/** Names without a right result in the first results. */
export function behind(places: ReadonlyMap<string, number>, first: number): string[] {
  return [...places].filter(([, place]) => place === 0 || place > first).map(([name]) => name)
}

function hasAnchor(dist: string, address: string): boolean {
  const [path = '', anchor = ''] = address.split('#')
  return readFileSync(join(dist, path, 'index.html'), 'utf8').includes(` id="${anchor}"`)
}
