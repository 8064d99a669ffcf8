import fc from 'fast-check'
import { oddJson, oddTexts } from './odd-values.ts'

/** A change of a valid value. Most random values fail at the first question of a guard. */
export interface Mutation {
  readonly act: 'replace' | 'remove' | 'add' | 'repeat' | 'copy'
  /** Chooses the changed property, and another. */
  readonly place: number
  readonly other: number
  readonly name: string
  readonly value: unknown
}

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record<Mutation>({
    act: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add', 'repeat', 'copy'),
    place: fc.nat(),
    other: fc.nat(),
    name: oddTexts,
    value: oddJson,
  }),
  { maxLength: 4 },
)

/** The value as JSON carries the value, with the changes. For `oddText()` and `oddValue()`. */
export function mutated(value: unknown, changes: readonly Mutation[]): unknown {
  const root = { value: JSON.parse(JSON.stringify(value)) as unknown }
  for (const change of changes) mutate(root, change)
  return root.value
}

interface Place {
  readonly node: Record<string, unknown>
  readonly key: string
}

function mutate(root: Record<string, unknown>, { value, ...change }: Mutation): void {
  // The generator gives the same object to several cases.
  const own = structuredClone(value)
  const places = placesIn(root)
  const { node, key } = places[change.place % places.length] as Place
  const child = node[key]
  if (change.act === 'replace') setOwn(node, key, own)
  else if (change.act === 'remove') removeOwn(node, key)
  else if (change.act === 'add') addTo(child, change.name, own)
  else if (change.act === 'repeat' && Array.isArray(child)) child.push(...child.slice(0, 50))
  else if (change.act === 'copy') {
    const from = places[change.other % places.length] as Place
    setOwn(node, key, structuredClone(from.node[from.key]))
  }
}

function addTo(node: unknown, name: string, value: unknown): void {
  if (Array.isArray(node)) node.push(value)
  else if (typeof node === 'object' && node !== null) setOwn(node, name, value)
}

/** Like JSON.parse: `__proto__` is a name like any other. */
function setOwn(node: object, key: string, value: unknown): void {
  const shared = { writable: true, enumerable: true, configurable: true }
  Object.defineProperty(node, key, { ...shared, value })
}

function removeOwn(node: object, key: string): void {
  if (Array.isArray(node)) node.splice(Number(key), 1)
  else Reflect.deleteProperty(node, key)
}

/** Every property, but for the inside of values that are deeper than any format. */
function placesIn(root: Record<string, unknown>): Place[] {
  const places: Place[] = []
  const walk = (node: object, depth: number): void => {
    for (const key of Object.keys(node)) {
      places.push({ node: node as Record<string, unknown>, key })
      const child = (node as Record<string, unknown>)[key]
      if (typeof child === 'object' && child !== null && depth < 12) walk(child, depth + 1)
    }
  }
  walk(root, 0)
  return places.length > 0 ? places : [{ node: root, key: 'value' }]
}
