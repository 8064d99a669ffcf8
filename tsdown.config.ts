import { defineConfig } from 'tsdown'

const shared = { target: 'node20', platform: 'node', sourcemap: true } as const

export default defineConfig([
  {
    ...shared,
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    publint: true,
    attw: { profile: 'node16' },
  },
  // Bundled alone, so that a process which never listens reads one small file and nothing else.
  {
    ...shared,
    entry: ['src/preload/register.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    clean: false,
  },
  // Loaded on demand with require, by either flavour of the preload: one instance in a process.
  { ...shared, entry: ['src/preload/runtime.ts'], format: ['cjs'], dts: false, clean: false },
  {
    ...shared,
    entry: ['src/commands/run-master.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    clean: false,
  },
  {
    ...shared,
    entry: ['src/master/agent/on-drain.ts'],
    format: ['esm', 'cjs'],
    dts: true,
    clean: false,
  },
  { ...shared, entry: ['src/commands/cli.ts'], format: ['cjs'], dts: false, clean: false },
  { ...shared, entry: ['src/master/agent/agent.ts'], format: ['cjs'], dts: false, clean: false },
  {
    ...shared,
    entry: ['src/hang-stacks/watchdog-thread.ts'],
    format: ['cjs'],
    dts: false,
    clean: false,
  },
  {
    ...shared,
    entry: ['src/exporter/exporter-thread.ts'],
    format: ['cjs'],
    dts: false,
    clean: false,
  },
])
