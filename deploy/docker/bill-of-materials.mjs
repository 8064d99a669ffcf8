// Prints the software bill of materials (CycloneDX 1.5, JSON) of the sidecar image: Node.js, the
// packages of Debian and the packages of npm.
//   node bill-of-materials.mjs APPLICATION STATUS
// APPLICATION has node_modules; STATUS has the control files of Debian's packages.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [application, status] = process.argv.slice(2)
const name = 'gunicorn-prometheus-exporter'
const bill = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  metadata: { component: { type: 'container', ...identity(folderOf(name)) } },
  components: [
    component({ name: 'node', version: process.version.slice(1) }, 'pkg:generic/node', 'MIT'),
    ...readdirSync(status).map(debianComponent),
    ...[...new Set(npmFolders())].map(npmComponent),
  ],
}
process.stdout.write(`${JSON.stringify(bill, undefined, 2)}\n`)

function component({ name, version }, purl, license) {
  const licenses = license === undefined ? {} : { licenses: [{ license: { id: license } }] }
  return { type: 'library', name, version, purl: `${purl}@${version}`, ...licenses }
}

function debianComponent(file) {
  const text = readFileSync(join(status, file), 'utf8')
  const field = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  const { name, version, purl, type } = component(
    { name: field('Package'), version: field('Version') },
    `pkg:deb/debian/${field('Package')}`,
  )
  return { type, name, version, purl: `${purl}?arch=${field('Architecture')}` }
}

function npmComponent(folder) {
  const { name, version, license } = manifest(folder)
  return component({ name, version }, `pkg:npm/${name.replace('@', '%40')}`, license)
}

/** Every installed package, from the lock that npm writes, and the package that was unpacked. */
function npmFolders() {
  const lock = JSON.parse(readFileSync(join(application, 'package-lock.json'), 'utf8'))
  const locked = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && !dev)
  return [...locked.map(([path]) => join(application, path)), folderOf(name)]
}

function identity(folder) {
  const { name, version } = manifest(folder)
  return { name, version }
}

function manifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function folderOf(each) {
  return join(application, 'node_modules', each)
}
