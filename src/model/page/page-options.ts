/** The options of OTel's PrometheusExporter, with its names. */
export interface PageOptions {
  /** Of metrics of the application. */
  readonly prefix?: string | undefined
  /** A pattern of names, as `parseAttributePattern` takes it. */
  readonly withResourceConstantLabels?: string | undefined
  readonly withoutScopeInfo?: boolean
  readonly withoutTargetInfo?: boolean
}
