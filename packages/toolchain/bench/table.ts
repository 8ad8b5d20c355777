/** The table that the native server calls kernels through, as C. */
import type { BuiltKernel, DriftModule } from './build.ts';
import { implementationIdentifier, type ImplementationName, implementations } from './implementations.ts';
import { identifier } from './kernels.ts';

export function tableSource(kernels: readonly BuiltKernel[]): string {
  const lines: string[] = [];
  const images: string[] = [];
  const rows: string[] = [];
  for (const kernel of kernels) {
    const name = identifier(kernel.name);
    const functions: string[] = [];
    for (const { name: implementation, server } of implementations) {
      if (server !== 'native') continue;
      const symbol = `${name}_${implementationIdentifier(implementation)}`;
      if (!hasImplementation(kernel, implementation)) {
        functions.push('0');
        continue;
      }
      functions.push(symbol);
      if (implementation === 'wasm2c') lines.push(...wasm2cFunction(name, kernel.name, symbol));
      else if (implementation.startsWith('drift')) lines.push(`kernel ${symbol} asm("${symbol}.run");`);
      else lines.push(`kernel ${symbol};`);
    }
    rows.push(`  {${functions.join(', ')}},`);
    images.push(...imagesOf(kernel, lines));
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

/** Not every kernel is written in AssemblyScript. */
export function hasImplementation({ drift }: BuiltKernel, implementation: ImplementationName): boolean {
  return implementation !== 'drift as' || drift.some((module) => module.implementation === implementation);
}

/** Memories of this compiler's modules. Those from C share one: their static data is the same. */
function imagesOf({ name, drift }: BuiltKernel, lines: string[]): string[] {
  const byStart = new Map<number, DriftModule>();
  for (const module of drift) {
    const known = byStart.get(module.memory.from);
    if (known === undefined || known.memory.to < module.memory.to) byStart.set(module.memory.from, module);
  }
  return [...byStart].map(([from, { implementation, object, memory }]) => {
    const data = object.sections.find((section) => section.name === 'data');
    const array = `${identifier(name)}_${implementationIdentifier(implementation)}_data`;
    lines.push(`static const unsigned char ${array}[] = {${(data?.bytes ?? [0]).join(',') || '0'}};`);
    return `  {${from}, ${memory.to - from}, ${array}, sizeof ${array}, ${data?.address ?? from}},`;
  });
}
