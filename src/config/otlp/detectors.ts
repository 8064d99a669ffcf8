import type { Settings } from '../settings.ts'

/** OTel's name of a resource detector. */
export type DetectorName = Exclude<Settings['resourceDetectors'][number], 'all' | 'none'>

/** Detectors of a package that users install. */
export interface DetectorPackage {
  readonly package: string
  /** Exports of the package. */
  readonly detectors: readonly string[]
  /** Variables that the detectors read. */
  readonly variables?: RegExp
}

/** As in OTel's package `auto-instrumentations-node`. */
export const detectorPackages: Readonly<Partial<Record<DetectorName, DetectorPackage>>> = {
  container: {
    package: '@opentelemetry/resource-detector-container',
    detectors: ['containerDetector'],
  },
  alibaba: {
    package: '@opentelemetry/resource-detector-alibaba-cloud',
    detectors: ['alibabaCloudEcsDetector'],
  },
  aws: {
    package: '@opentelemetry/resource-detector-aws',
    detectors: [
      ...['awsEc2Detector', 'awsEcsDetector', 'awsEksDetector', 'awsBeanstalkDetector'],
      'awsLambdaDetector',
    ],
    variables: /^(?:AWS_EXECUTION_ENV|AWS_LAMBDA_\w+|AWS_REGION|ECS_CONTAINER_METADATA_URI\w*)$/,
  },
  azure: {
    package: '@opentelemetry/resource-detector-azure',
    detectors: ['azureAppServiceDetector', 'azureFunctionsDetector', 'azureVmDetector'],
    variables: /^(?:REGION_NAME|WEBSITE_\w+|FUNCTIONS_EXTENSION_VERSION)$/,
  },
  gcp: {
    package: '@opentelemetry/resource-detector-gcp',
    detectors: ['gcpDetector'],
    variables: new RegExp(
      '^(?:K_\\w+|FUNCTION_\\w+|GAE_\\w+|GCE_METADATA_\\w+|CLOUD_RUN_JOB|' +
        'KUBERNETES_SERVICE_HOST|METADATA_SERVER_DETECTION|DETECT_GCP_RETRIES)$',
    ),
  },
}

/** The names of the setting, with the meaning of `all` and `none`. */
export function detectorNames(given: Settings['resourceDetectors']): readonly DetectorName[] {
  if (given.includes('all')) return everyDetector
  if (given.includes('none')) return []
  return given.filter((name) => name !== 'all' && name !== 'none')
}

const everyDetector: readonly DetectorName[] = [
  ...(['env', 'host', 'os', 'process', 'serviceinstance', 'container'] as const),
  ...(['alibaba', 'aws', 'azure', 'gcp'] as const),
]

/** The variables that the detectors read. */
export function detectorVariables(
  names: readonly DetectorName[],
  variables: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const patterns = names.flatMap((name) => detectorPackages[name]?.variables ?? [])
  const entries = Object.entries(variables)
  return Object.fromEntries(
    entries.filter(([name]) => patterns.some((pattern) => pattern.test(name))),
  )
}
