import { isObjectLike } from '../../../support/guards.ts'
import { callText } from './hooks/changed-sources.ts'
import type { Framework } from './hooks/framework.ts'
import { withoutQuery } from './hooks/path-text.ts'
import {
  countRouteFault,
  ownerOf,
  pointerOf,
  requestSlots,
  storeError,
  storeRoute,
} from './hooks/request-slot.ts'
import { unknownMounts } from './hooks/unknown-mounts.ts'
import { nestedTemplate } from './nested-template.ts'

/*
 * h3 2 (ES modules) and h3 1.8 to 1.15 (both builds).
 *
 * h3 2 has no method on a prototype that sees the route. A bundler names the files of h3 2, so the
 * adapter searches each file of the folder. The entry has a stable name, and runs after all other
 * files. The added code in the entry checks that the changes found their places. h3 1 has one file.
 * The router of h3 1 knows the path without the mount.
 */

interface Event {
  readonly path?: unknown
  readonly node?: { readonly req?: unknown }
}

/** A route of h3 2 has `route`, a route of h3 1 has `path`. */
interface Matched {
  readonly route?: unknown
  readonly path?: unknown
}

interface Match {
  readonly template: string
}

export const h3: Framework = {
  name: 'h3',
  templateOf: (pointer) => (pointer as Match).template,
  sources: [
    { package: 'h3', file: 'h3/dist/', change: changeVersion2 },
    { package: 'h3', file: 'h3/dist/_entries/node.mjs', change: appendCheck },
    { package: 'h3', file: 'h3/dist/index.mjs', change: changeVersion1 },
    { package: 'h3', file: 'h3/dist/index.cjs', change: changeVersion1 },
  ],
  onCall: (kind, event, value) => {
    if (kind === 'loaded') return checkPlaces()
    if (!isObjectLike(event)) throw new TypeError('the event of h3 has another form')
    const request: unknown = (event as Event).node?.req
    if (kind === 'error') storeH3Error(request, value)
    else storeMatch(request, event as Event, value)
  },
}

/** In both versions. */
const matched = /event\.context\.matchedRoute = ([\w.]+);/
/** In h3 2. */
const answered = /function prepareResponse\(val, event, config, nested\) \{/
const tellRoute = `$& ${callText('h3', "'route', event, $1")};`
const found = { matched: false, answered: false }

function changeVersion2(source: string): string {
  found.matched ||= matched.test(source)
  found.answered ||= answered.test(source)
  return source
    .replace(matched, tellRoute)
    .replace(answered, `$& ${callText('h3', "'error', event, val")};`)
}

function appendCheck(source: string): string {
  return `${source}\n${callText('h3', "'loaded'")};\n`
}

function checkPlaces(): void {
  if (!found.matched || !found.answered) countRouteFault()
}

/** In h3 1. */
const failed = /const error = createError\(_error\);/

function changeVersion1(source: string): string {
  if (!matched.test(source) || !failed.test(source)) return source
  return source
    .replace(matched, tellRoute)
    .replace(failed, `${callText('h3', "'error', event, _error")}; $&`)
}

function storeMatch(request: unknown, event: Event, matched: unknown): void {
  const owner = ownerOf(request)
  if (owner === undefined) return
  const { route, path } = isObjectLike(matched) ? (matched as Matched) : {}
  const template = route ?? path
  if (typeof template !== 'string') throw new TypeError('a route of h3 has another form')
  const isVersion1 = route === undefined && isObjectLike(matched)
  const match = isVersion1
    ? mounted(template, matched, prefixOf(owner, event))
    : nested(template, owner)
  storeRoute(owner, h3, match)
}

/** A path of h3 1, with the text of the mount. A handler can make the text of a request. */
function mounted(template: string, route: object, prefix: string): Match {
  return { template: prefix === '' ? template : unknownMounts.of(route, prefix, template) }
}

/** The part of the path that a mount of h3 1 cuts off. */
function prefixOf(request: object, { path }: Event): string {
  const original: unknown = Reflect.get(request, 'originalUrl')
  if (typeof original !== 'string' || typeof path !== 'string') return ''
  if (original.endsWith(path)) return original.slice(0, -path.length)
  // For the path of the mount itself, h3 makes the slash.
  const isRoot = path === '/' || path.startsWith('/?')
  return isRoot ? withoutQuery(original) : ''
}

/** A route of h3 2. An application behind `mount` finds the slot of the outer application. */
function nested(template: string, request: object): Match {
  const outer = pointerOf(request, h3) as Match | undefined
  return { template: outer === undefined ? template : nestedTemplate(outer.template, template) }
}

/** h3 itself makes an error for a path without a route. */
function storeH3Error(request: unknown, error: unknown): void {
  const owner = ownerOf(request)
  if (owner === undefined || !(error instanceof Error)) return
  const isUnmatched = Reflect.get(error, 'statusCode') === 404 && !requestSlots().find(owner)
  if (!isUnmatched) storeError(owner, error)
}
