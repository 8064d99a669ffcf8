import type { Attributes, AttributeValue } from './metric.ts'

/**
 * Sets a label of ours on a series. Like Prometheus, it keeps a value that the application gave
 * the same label: under the name `exported_<label>`.
 */
export function withLabel(attributes: Attributes, name: string, value: AttributeValue): Attributes {
  if (!(name in attributes)) return { [name]: value, ...attributes }
  const { [name]: given, ...others } = attributes
  return { [name]: value, [`exported_${name}`]: given, ...others }
}
