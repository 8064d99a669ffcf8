/** Identifies the error across several copies of this package. */
const configErrorBrand: unique symbol = Symbol.for('gunicorn-prometheus-exporter.config-error')

/** The error of a refused configuration. The message names every fault. */
export class ConfigError extends RangeError {
  readonly code: string = 'GPE_CONFIG_REFUSED'
  /** A sentence each: the key, the given value, the allowed values. */
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join(' '))
    this.name = 'ConfigError'
    this.faults = faults
    Object.defineProperty(this, configErrorBrand, { value: true })
  }
}
