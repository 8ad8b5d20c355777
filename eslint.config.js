/** One linter for host code (type-aware) and guest code (AssemblyScript: its own traps). Formatting is Biome's. */
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { plugin as drift } from './packages/asc/src/eslint/index.ts';

/** AssemblyScript: guest code, and what tests compile as such. */
const guest = [
  '**/assembly/**/*.ts',
  'packages/kernel-w/sdk/**/*.ts',
  '**/test/guest/**/*.ts',
  '**/bench/guest/**/*.ts',
  'examples/applications/*.ts',
];
/** Layouts of memory that another core or a device changes: see no-plain-shared-access. */
const layouts = ['@drift-os/abi/layout/worker-block', '@drift-os/ring/layout/ring'];

export default defineConfig(
  { ignores: ['**/dist/**', '**/generated/**', '**/node_modules/**', '**/vectors/**', '**/.turbo/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    ignores: guest,
    extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['*.ts'] }, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `(bytes) => void queue.push(bytes)` says no more than `(bytes) => queue.push(bytes)`.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // A method is async because its interface is, or so that it throws through its promise.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // Matchers such as expect.stringContaining are typed any.
    files: ['**/*.test.ts', '**/*.slow.ts', '**/test/**/*.ts'],
    ignores: guest,
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Kinds of syntax nodes are compared with their names.
    files: ['packages/asc/src/eslint/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-enum-comparison': 'off' },
  },
  {
    files: guest,
    languageOptions: { parser: tseslint.parser, parserOptions: { allowInvalidAST: true } },
    plugins: { drift },
    rules: {
      'drift/no-atomic-fence': 'error',
      'drift/no-closures': 'error',
      'drift/no-exceptions': 'error',
      'drift/no-function-decorators': 'error',
      'drift/no-plain-shared-access': ['error', { layouts }],
      'drift/no-string-data': 'error',
      'drift/no-virtual-methods': 'error',
    },
  },
  { files: ['packages/*/assembly/**/*.ts'], rules: { 'drift/no-managed-allocation': 'error' } },
  { files: ['**/*.js'], extends: [js.configs.recommended] },
);
