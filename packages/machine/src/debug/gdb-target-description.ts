/** The registers as gdb is told of them: an XML target description (gdb manual, appendix G). */
import { type GdbFeature, type GdbRegister, gdbRegisters } from './gdb-registers.ts';

const featureNames: Readonly<Record<GdbFeature, string>> = {
  core: 'org.gnu.gdb.i386.core',
  sse: 'org.gnu.gdb.i386.sse',
  segments: 'org.gnu.gdb.i386.segments',
  avx: 'org.gnu.gdb.i386.avx',
  system: 'org.drift-os.system',
};

/** Bits of EFLAGS and MXCSR by name. */
const eflags = {
  ...{ CF: 0, PF: 2, AF: 4, ZF: 6, SF: 7, TF: 8, IF: 9, DF: 10, OF: 11, NT: 14, RF: 16, VM: 17, AC: 18 },
  ...{ VIF: 19, VIP: 20, ID: 21 },
};
const mxcsr = {
  ...{ IE: 0, DE: 1, ZE: 2, OE: 3, UE: 4, PE: 5, DAZ: 6, IM: 7, DM: 8, ZM: 9, OM: 10, UM: 11, PM: 12, FZ: 15 },
};
const vectorParts = [
  ['v4_float', 'ieee_single', 4],
  ['v2_double', 'ieee_double', 2],
  ['v16_int8', 'int8', 16],
  ['v8_int16', 'int16', 8],
  ['v4_int32', 'int32', 4],
  ['v2_int64', 'int64', 2],
] as const;

const types: Readonly<Partial<Record<GdbFeature, readonly string[]>>> = {
  core: flagsType('i386_eflags', eflags),
  sse: [
    ...vectorParts.map(([id, type, count]) => `<vector id="${id}" type="${type}" count="${count}"/>`),
    '<union id="vec128">',
    ...vectorParts.map(([id]) => `<field name="${id}" type="${id}"/>`),
    '<field name="uint128" type="uint128"/>',
    '</union>',
    ...flagsType('i386_mxcsr', mxcsr),
  ],
};

function flagsType(id: string, fields: Readonly<Record<string, number>>): string[] {
  const lines = Object.entries(fields).map(([name, bit]) => `<field name="${name}" start="${bit}" end="${bit}"/>`);
  return [`<flags id="${id}" size="4">`, ...lines, '</flags>'];
}

function registerLine({ name, bits, type, group }: GdbRegister, number: number): string {
  const where = group === undefined ? '' : ` group="${group}"`;
  return `<reg name="${name}" bitsize="${bits}" type="${type}" regnum="${number}"${where}/>`;
}

export const gdbTargetDescription: string = [
  '<?xml version="1.0"?>',
  '<!DOCTYPE target SYSTEM "gdb-target.dtd">',
  '<target version="1.0">',
  '<architecture>i386:x86-64</architecture>',
  ...(Object.keys(featureNames) as GdbFeature[]).flatMap((feature) => [
    `<feature name="${featureNames[feature]}">`,
    ...(types[feature] ?? []),
    ...gdbRegisters.flatMap((register, number) =>
      register.feature === feature ? [registerLine(register, number)] : [],
    ),
    '</feature>',
  ]),
  '</target>',
].join('\n');
