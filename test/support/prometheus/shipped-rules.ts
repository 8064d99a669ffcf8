import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { configurations } from '../otel/collector.ts'
import type { PrometheusOptions } from './prometheus.ts'

/** A rule of a rule file, as Prometheus reads the rule. */
export interface Rule {
  readonly record?: string
  readonly alert?: string
  readonly expr: string
  readonly for?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/**
 * A Prometheus of the shipped configuration and rules. Its intervals are a second, and no alert
 * waits.
 *
 * @param target `host:port` of the page.
 */
export async function shippedOptions(program: string, target: string): Promise<PrometheusOptions> {
  const [config, rules] = await Promise.all([shipped('prometheus.yml'), ruleFiles()])
  return {
    prometheus: program,
    config: changed(config, [
      [/\b(?:15|5)s$/gm, '1s'],
      ['127.0.0.1:9091', target],
    ]),
    files: Object.fromEntries(
      Object.entries(rules).map(([name, text]) => [
        name,
        text.replace(/(?<=^ *for: )\w+$/gm, '0s').replace(/(?<=^ *interval: )\w+$/gm, '1s'),
      ]),
    ),
  }
}

/** The text of a file below collector-config. */
export function shipped(file: string): Promise<string> {
  return readFile(join(configurations, file), 'utf8')
}

/** The texts of all rule files, by name below collector-config. */
export async function ruleFiles(): Promise<Record<string, string>> {
  const names = (await readdir(join(configurations, 'rules'))).sort()
  const texts = names.map(
    async (name) => [`rules/${name}`, await shipped(`rules/${name}`)] as const,
  )
  return Object.fromEntries(await Promise.all(texts))
}

/** All rules, in the order of files and groups. */
export async function shippedRules(): Promise<Rule[]> {
  return Object.values(await ruleFiles()).flatMap((text) => {
    const { groups } = parse(text) as { groups: { rules: Rule[] }[] }
    return groups.flatMap((group) => group.rules)
  })
}

/** All alerts, in the order of files and groups. */
export async function shippedAlerts(): Promise<(Rule & { readonly alert: string })[]> {
  const rules = await shippedRules()
  return rules.flatMap((rule) => (rule.alert === undefined ? [] : [{ ...rule, alert: rule.alert }]))
}

/** The text with each replaced; throws where there is nothing to replace. */
function changed(
  text: string,
  replacements: readonly (readonly [pattern: RegExp | string, by: string])[],
): string {
  return replacements.reduce((before, [pattern, by]) => {
    const after = before.replace(pattern, by)
    assert.notEqual(after, before, `${pattern} is not there`)
    return after
  }, text)
}
