/** Whether `relaxed_madd` rounds once on this host: WebAssembly leaves that open, and older engines do not know it at all. */
import { FunctionBody } from '../../wasm/function-body.ts';
import { ModuleBuilder } from '../../wasm/module-builder.ts';

function probe(): boolean {
  const module = new ModuleBuilder();
  for (const [name, type] of [
    ['f64x2', 'f64'],
    ['f32x4', 'f32'],
  ] as const) {
    const body = new FunctionBody(3);
    for (let parameter = 0; parameter < 3; parameter++) {
      body.get(parameter);
      body.operator(`${name}.splat`);
    }
    body.operator(`${name}.relaxed_madd`);
    body.operator(`${name}.extract_lane`, [0]);
    module.function(type, { parameters: [type, type, type], results: [type] }, body);
  }
  const bytes = module.encode();
  if (!WebAssembly.validate(bytes)) return false;
  const memory = new WebAssembly.Memory({ initial: 1 });
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { core: { memory, table } });
  const { f64, f32 } = exports as Record<string, (a: number, b: number, c: number) => number>;
  // (1 + e) (1 - e) - 1 is -e^2, or 0 where the product is rounded first.
  return f64?.(1 + 2 ** -27, 1 - 2 ** -27, -1) === -(2 ** -54) && f32?.(1 + 2 ** -12, 1 - 2 ** -12, -1) === -(2 ** -24);
}

export const hostFuses: boolean = probe();
