/** Who may import whom: the table in ARCHITECTURE.md, as rules. `pnpm check` runs them on the sources. */

/** Package folder to the packages that its shipped sources may import. */
const allowed = {
  ring: [],
  'x86-core': [],
  'x86-vectors': [],
  asc: [],
  console: [],
  hypervisor: ['console'],
  machine: ['x86-core', 'devices', 'ring', 'console'],
  devices: ['ring'],
  abi: ['ring'],
  toolchain: ['x86-core', 'abi'],
  'kernel-c': ['ring', 'abi'],
  'kernel-w': ['ring', 'abi'],
  boot: ['toolchain', 'abi', 'kernel-c', 'kernel-w', 'asc'],
  bench: ['ring', 'asc', 'hypervisor', 'abi', 'toolchain', 'kernel-w', 'boot'],
};

/** Tests, benchmarks, examples and scripts are not shipped; they may use the compiler, the hypervisor and the linker as tools. */
const notShipped =
  '(\\.(test|slow)\\.ts$|/(test|bench|examples)/|^packages/[^/]+/[^/]+\\.ts$|^packages/devices/firmware/)';

const boundaries = Object.entries(allowed).map(([name, targets]) => ({
  name: `${name}-imports`,
  comment: `packages/${name} may import ${targets.length === 0 ? 'no other package of ours' : targets.join(', ')}.`,
  severity: 'error',
  from: { path: `^packages/${name}/`, pathNot: notShipped },
  to: { path: '^(packages|apps|examples|tools)/', pathNot: `^packages/(${[name, ...targets].join('|')})/` },
}));

export default {
  forbidden: [
    ...boundaries,
    {
      name: 'no-cycles',
      comment:
        'Two files that need each other are one concept in two files, or have a third one between them. Types are erased: a file may name the type of what calls it.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'apps-are-leaves',
      comment: 'Nothing imports an application or a tool.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(apps|tools|examples)/' },
    },
    {
      name: 'public-entries-only',
      comment: 'Another package is imported by its name, not by a path into it.',
      severity: 'error',
      from: { path: '^(packages|apps|tools)/([^/]+)/' },
      to: { path: '^(packages|apps|tools)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'instruction-table-only',
      comment: "The toolchain uses x86-core's instruction table and encoder, not its execution.",
      severity: 'error',
      from: { path: '^packages/toolchain/src/' },
      to: { path: '^packages/x86-core/src/(interpreter|jit|mmu|semantics)' },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: { pathNot: '/assembly/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|/generated/)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@drift-os/source', 'import', 'default', 'types'],
      extensions: ['.ts', '.js', '.json', '.d.ts'],
    },
  },
};
