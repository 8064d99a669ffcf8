import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { configurations } from '../otel/collector.ts'
import type { PrometheusOptions } from './prometheus.ts'

/**
 * A Prometheus of the shipped configuration and rules. Its intervals are a second, and no alert
 * waits.
 *
 * @param target `host:port` of the page.
 */
export async function shippedOptions(program: string, target: string): Promise<PrometheusOptions> {
  const [config, recording, alerting] = await Promise.all(
    ['prometheus.yml', 'rules/recording.yml', 'rules/alerting.yml'].map(shipped),
  )
  return {
    prometheus: program,
    config: changed(config, [
      [/\b(?:15|5)s$/gm, '1s'],
      ['127.0.0.1:9091', target],
    ]),
    files: {
      'rules/recording.yml': recording ?? '',
      'rules/alerting.yml': changed(alerting, [[/(?<=^ *for: )\w+$/gm, '0s']]),
    },
  }
}

/** The text of a file below collector-config. */
export function shipped(file: string): Promise<string> {
  return readFile(join(configurations, file), 'utf8')
}

/** The text with each replaced; throws where there is nothing to replace. */
function changed(
  text = '',
  replacements: readonly (readonly [pattern: RegExp | string, by: string])[] = [],
): string {
  return replacements.reduce((before, [pattern, by]) => {
    const after = before.replace(pattern, by)
    assert.notEqual(after, before, `${pattern} is not there`)
    return after
  }, text)
}
