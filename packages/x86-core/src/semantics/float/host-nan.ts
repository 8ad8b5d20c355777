/** Whether invalid operations give x86's NaN on this host (SDM 1 4.8.3.7), and operations on it give it again: WebAssembly leaves that open. */
import { FunctionBody } from '../../wasm/function-body.ts';
import { ModuleBuilder } from '../../wasm/module-builder.ts';
import type { OperatorName } from '../../wasm/operators.ts';

function probe(): boolean {
  const module = new ModuleBuilder();
  for (const format of ['f64x2', 'f32x4'] as const) {
    const number = format === 'f64x2' ? 'f64' : 'f32';
    const body = new FunctionBody(2);
    const operator = (name: string): void => body.operator(`${format}.${name}` as OperatorName);
    const splat = (parameter: number): void => {
      body.get(parameter);
      operator('splat');
    };
    // sqrt((infinite - infinite + x) - x * (infinite - infinite))
    for (const times of [false, true]) {
      if (times) splat(1);
      splat(0);
      splat(0);
      operator('sub');
      if (times) operator('mul');
      else {
        splat(1);
        operator('add');
      }
    }
    operator('sub');
    operator('sqrt');
    body.operator('i64x2.extract_lane', [1]);
    module.function(format, { parameters: [number, number], results: ['i64'] }, body);
  }
  const memory = new WebAssembly.Memory({ initial: 1 });
  const table = new WebAssembly.Table({ element: 'anyfunc', initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.encode()), { core: { memory, table } });
  const { f64x2, f32x4 } = exports as Record<string, (infinite: number, x: number) => bigint>;
  return f64x2?.(Infinity, 1) === -(1n << 51n) && f32x4?.(Infinity, 1) === -0x3f_ffff_0040_0000n;
}

export const hostMakesNan: boolean = probe();
