import {
  imageFaults,
  probeFaults,
  resourceFaults,
  securityFaults,
  variableFaults,
} from './container-faults.ts'
import type { KubernetesObject } from './objects.ts'
import { egressFaults, unprotectedFaults } from './pod-faults.ts'
import {
  portFaults,
  scrapeFaults,
  secretFaults,
  selectorFaults,
  volumeFaults,
} from './reference-faults.ts'

type Faults = (objects: readonly KubernetesObject[]) => readonly string[]

/** What schemas cannot say, by title. Each function returns its faults. */
export const objectFaults: Readonly<Record<string, Faults>> = {
  'selectors of workloads, services and policies match pods': selectorFaults,
  'ports with a name exist': portFaults,
  'each page is scraped in exactly one way': scrapeFaults,
  'each mount has a volume, and each volume a mount': volumeFaults,
  'each variable is a setting, or a variable of the application': variableFaults,
  'the images of the package have its version': imageFaults,
  'the pods fit into restricted Pod Security': securityFaults,
  'no probe of the application asks the exporter': probeFaults,
  'each container has measured requests and a limit of memory': resourceFaults,
  'Secrets are documented': secretFaults,
  'no application opens a page without the protection of its sidecar': unprotectedFaults,
  'policies open ports on which pods listen': egressFaults,
}
