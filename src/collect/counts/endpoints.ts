import { collectLimits } from '../../limits/collect.ts'
import { foldPath, other, pathOf, routeTemplate, unmatched } from '../../model/endpoint.ts'
import { matchesPath, type PathPattern, type PathRule } from '../../model/route/path-pattern.ts'
import { shortCopy } from '../../support/short-copy.ts'
import { EndpointEntry } from './endpoint-entry.ts'

/** What is known of a request's endpoint. */
export interface EndpointFacts {
  /** The request target as received, for example `/users/42?x=1`. */
  readonly target: string | undefined
  /** The route template, if a framework provides a template. */
  readonly route: string | undefined
  /** Status of the response; undefined if no response was sent. */
  readonly status: number | undefined
}

export interface EndpointNameLimits {
  readonly endpoints: number
  readonly foldedPaths: number
  readonly cachedTargets: number
}

/** What the operator says about endpoints. */
export interface EndpointRules {
  /** Endpoints of paths without a route. */
  readonly paths: readonly PathRule[]
  readonly excluded: readonly PathPattern[]
  readonly longPolls: readonly PathPattern[]
}

/**
 * Names endpoints within two limits. Clients choose paths, and the application chooses templates:
 * the paths of a scanner must not use up the names of the routes.
 */
export class Endpoints {
  readonly #limits: EndpointNameLimits
  readonly #rules: EndpointRules
  /** All patterns with the names of their endpoints. */
  readonly #named: readonly PathRule[]
  /** By the text of the framework. Null for a template that is no route. */
  readonly #byTemplate = new Map<string, EndpointEntry | null>()
  /** By the request target. Folding a path costs 1 µs. */
  readonly #byTarget = new Map<string, EndpointEntry>()
  readonly #other = new EndpointEntry(other)
  readonly #unmatched = new EndpointEntry(unmatched)
  readonly #entries = new Map([this.#other, this.#unmatched].map((entry) => [entry.name, entry]))
  #lastTarget: string | undefined
  #lastEntry: EndpointEntry = this.#other
  #templates = 0
  #paths = 0
  /** How often an endpoint became `_OTHER` because of a limit. */
  readonly overflowed: { templates: number; paths: number } = { templates: 0, paths: 0 }

  constructor(limits: EndpointNameLimits = collectLimits, rules: EndpointRules = noRules) {
    this.#limits = limits
    this.#rules = rules
    const patterns = [...rules.excluded, ...rules.longPolls]
    const own = patterns.map((pattern) => ({ pattern, template: pattern.text }))
    this.#named = [...rules.paths, ...own]
  }

  /** @param isOptions the method OPTIONS: `cors` answers each path that a client chooses. */
  of({ route, target, status }: EndpointFacts, isOptions: boolean = false): EndpointEntry {
    const ofRoute = route === undefined ? null : this.#ofRoute(route)
    if (ofRoute !== null) return ofRoute
    const isRefused = status !== undefined && status >= 400 && status < 500
    if (isRefused || isOptions) return this.#ofRules(target) ?? this.#unmatched
    return target === undefined ? this.#other : this.#ofTarget(target)
  }

  #ofRoute(route: string): EndpointEntry | null {
    const known = this.#byTemplate.get(route)
    const entry = known === undefined ? this.#newTemplate(route) : known
    if (entry?.isRest) this.overflowed.templates += 1
    return entry
  }

  #newTemplate(route: string): EndpointEntry | null {
    const { pathChars } = collectLimits
    const isLong = route.length > pathChars
    const text = isLong ? shortCopy(route, pathChars) : route
    const entry = this.#ofTemplate(routeTemplate(text, pathChars))
    if (isLong) return entry
    // A framework can have several texts of one template.
    if (this.#byTemplate.size < 2 * this.#limits.endpoints) this.#byTemplate.set(route, entry)
    return entry
  }

  #ofTemplate(template: string | undefined): EndpointEntry | null {
    if (template === undefined) return null
    const known = this.#entries.get(template)
    if (known) return known
    if (this.#templates >= this.#limits.endpoints) return this.#other
    this.#templates += 1
    return this.#add(template)
  }

  #ofTarget(target: string): EndpointEntry {
    // A comparison is cheaper than the hash of a new text. Many clients ask for one path again.
    if (target === this.#lastTarget) return this.#lastEntry
    const entry = this.#byTarget.get(target) ?? this.#newTarget(target)
    // Each request counts that goes beyond the limit.
    if (entry === this.#other) return entry
    this.#lastTarget = target
    this.#lastEntry = entry
    return entry
  }

  #newTarget(target: string): EndpointEntry {
    const entry = this.#ofRules(target) ?? this.#ofPath(foldPath(target, collectLimits.pathChars))
    if (entry === this.#other || target.length > collectLimits.pathChars) return entry
    if (this.#byTarget.size >= this.#limits.cachedTargets) this.#byTarget.clear()
    this.#byTarget.set(target, entry)
    return entry
  }

  /** The endpoint that the operator gave to a path. Undefined if no pattern matches. */
  #ofRules(target: string | undefined): EndpointEntry | undefined {
    if (this.#named.length === 0 || target === undefined) return undefined
    const path = pathOf(target, collectLimits.pathChars)
    const rule = this.#named.find(({ pattern }) => matchesPath(pattern, path))
    return rule && (this.#entries.get(rule.template) ?? this.#add(rule.template))
  }

  #ofPath(path: string): EndpointEntry {
    const known = this.#entries.get(path)
    if (known) return known
    if (path === other) return this.#other
    if (this.#paths >= this.#limits.foldedPaths) {
      this.overflowed.paths += 1
      return this.#other
    }
    this.#paths += 1
    return this.#add(path, true)
  }

  #add(name: string, isPath: boolean = false): EndpointEntry {
    const matches = (pattern: PathPattern): boolean =>
      pattern.text === name || matchesPath(pattern, name)
    const isExcluded = this.#rules.excluded.some(matches)
    const isLongPoll = this.#rules.longPolls.some(matches)
    const entry = new EndpointEntry(name, { isExcluded, isLongPoll, isPath })
    this.#entries.set(name, entry)
    return entry
  }
}

const noRules: EndpointRules = { paths: [], excluded: [], longPolls: [] }
