/** Writes `assembly/generated/cpu.ts`: the intrinsics as imports of the module `cpu`, which asc names after the file. */
import type { Intrinsic } from '../intrinsics.ts';

/** @returns AssemblyScript source with one `export declare function` for each row of the table. */
export function generateCpu(intrinsics: Readonly<Record<string, Intrinsic>>): string {
  const lines = [
    '/** The machine instructions that guest code may use. Generated from packages/abi/src/intrinsics.ts. */',
  ];
  for (const [name, { parameters, result, summary }] of Object.entries(intrinsics)) {
    const list = parameters.map(([parameter, type]) => `${parameter}: ${type}`).join(', ');
    lines.push('', `/** ${summary} */`, `export declare function ${name}(${list}): ${result};`);
  }
  return `${lines.join('\n')}\n`;
}
