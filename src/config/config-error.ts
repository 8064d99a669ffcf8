/** How a refused configuration is recognised, whichever copy of this package threw it. */
const configErrorBrand: unique symbol = Symbol.for('gunicorn-prometheus-exporter.config-error')

/** A configuration that is refused: the message names every fault. */
export class ConfigError extends RangeError {
  readonly code: string = 'ERR_GUNICORN_EXPORTER_CONFIG'
  /** A sentence each: the key, what was got, what is allowed. */
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join(' '))
    this.name = 'ConfigError'
    this.faults = faults
    Object.defineProperty(this, configErrorBrand, { value: true })
  }
}
