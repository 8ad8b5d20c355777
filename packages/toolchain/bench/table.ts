/** The table that the native server calls kernels through, as C. */
import { readFile } from 'node:fs/promises';
import { decodeModule } from '../src/wasm/module.ts';
import type { BuiltKernel } from './build.ts';
import { implementationIdentifier, implementations } from './implementations.ts';
import { identifier, memoryStart } from './kernels.ts';

const WASM_PAGE = 65536;

export async function tableSource(kernels: readonly BuiltKernel[]): Promise<string> {
  const lines: string[] = [];
  const images: string[] = [];
  const rows: string[] = [];
  for (const kernel of kernels) {
    const name = identifier(kernel.name);
    const functions: string[] = [];
    for (const { name: implementation, server } of implementations) {
      if (server !== 'native') continue;
      const symbol = `${name}_${implementationIdentifier(implementation)}`;
      functions.push(symbol);
      if (implementation === 'wasm2c') lines.push(...wasm2cFunction(name, kernel.name, symbol));
      else if (implementation.startsWith('drift')) lines.push(`kernel ${symbol} asm("${symbol}.run");`);
      else lines.push(`kernel ${symbol};`);
    }
    rows.push(`  {${functions.join(', ')}},`);
    images.push(await image(kernel, lines));
  }
  return `${lines.join('\n')}
static kernel *const kernels[][${rows[0]?.split(',').length ?? 0}] = {\n${rows.join('\n')}\n};
static const struct image images[] = {\n${images.join('\n')}\n};
static void prepare_wasm2c(void) {
  wasm_rt_init();
${kernels.map(({ name }) => `  Z_${identifier(name)}_init_module();\n  Z_${identifier(name)}_instantiate(&${identifier(name)}_instance);`).join('\n')}
}
`;
}

function wasm2cFunction(name: string, file: string, symbol: string): string[] {
  return [
    `#include "${file}-wasm2c.h"`,
    `static Z_${name}_instance_t ${name}_instance;`,
    `static uint32_t ${symbol}(uint32_t rounds) { return Z_${name}Z_run(&${name}_instance, rounds); }`,
  ];
}

/** The memory that both modules of this compiler share: their static data is the same. */
async function image(kernel: BuiltKernel, lines: string[]): Promise<string> {
  const name = identifier(kernel.name);
  const start = memoryStart(kernel.name);
  const pages = await Promise.all(
    [kernel.wasm.scalar, kernel.wasm.simd].map(
      async (file) => decodeModule(new Uint8Array(await readFile(file))).memories[0]?.minimum ?? 0,
    ),
  );
  const end = Math.max(...pages) * WASM_PAGE;
  const data = kernel.drift.scalar.sections.find((section) => section.name === 'data');
  const bytes = data?.bytes ?? new Uint8Array(1);
  lines.push(`static const unsigned char ${name}_data[] = {${bytes.join(',') || '0'}};`);
  return `  {${start}, ${end - start}, ${name}_data, sizeof ${name}_data, ${data?.address ?? start}},`;
}
