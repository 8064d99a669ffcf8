import { frameworkLimits } from '../../../../limits/frameworks.ts'

/**
 * Templates behind mounts whose template is unknown. The path of the request then gives the prefix.
 * If such a mount has a parameter, clients choose the prefix. These prefixes must not use up the
 * names of other routes.
 */
export class UnknownMounts {
  /** The first prefix of each route or router. Most routes have one prefix. */
  readonly #first = new WeakMap<object, string>()
  /** Templates with further prefixes. */
  readonly #others = new Set<string>()

  /**
   * @param owner the route or the router behind the mount.
   * @returns the template with the prefix; beyond the limit, the template without the prefix.
   */
  of(owner: object, prefix: string, template: string): string {
    const whole = prefix + template
    const first = this.#first.get(owner)
    if (first === undefined) this.#first.set(owner, prefix)
    if (first === undefined || first === prefix || this.#others.has(whole)) return whole
    if (this.#others.size >= frameworkLimits.unknownMounts) return template
    this.#others.add(whole)
    return whole
  }
}

export const unknownMounts: UnknownMounts = new UnknownMounts()
