/** What code is decoded for: everything outside of an instruction's bytes that decides what it means, or whether it may run. */
import { type CoreContext, Segment, type SegmentNumber } from '../system/core-context.ts';
import { Attribute } from '../system/descriptor.ts';
import { hasRealSegments, is64Bit, linearBits, stackBits } from '../system/mode.ts';
import { Cr0, Cr4, Xcr0 } from '../system/register-bits.ts';
import type { CodeShape, Segmentation } from '../semantics/operand-shape.ts';

export interface CodeMode {
  /** Equal modes have equal keys. */
  readonly key: string;
  readonly shape: CodeShape;
  /** CPL 3: pages are fetched with a user's rights. */
  readonly user: boolean;
  /** Real or virtual-8086 mode. */
  readonly realSegments: boolean;
  readonly taskSwitched: boolean;
  readonly monitorCoprocessor: boolean;
  readonly emulation: boolean;
  readonly sse: boolean;
  readonly xsave: boolean;
  readonly avx: boolean;
  /** One instruction at a time. */
  readonly single: boolean;
}

export function codeModeOf(core: CoreContext, single: boolean): CodeMode {
  const { cr0, cr4 } = core;
  const is64 = is64Bit(core);
  const code = core.segment(Segment.cs);
  const shape: CodeShape = {
    mode: is64 ? 64 : (code.attributes & Attribute.big) !== 0 && !hasRealSegments(core) ? 32 : 16,
    segmentation: is64 ? 'long' : segmentationOf(core),
    stackBits: stackBits(core),
    linearBits: is64 ? linearBits(core) : 32,
  };
  const xsave = (cr4 & Cr4.osxsave) !== 0;
  const parts = {
    user: core.cpl === 3,
    realSegments: hasRealSegments(core),
    taskSwitched: (cr0 & Cr0.ts) !== 0,
    monitorCoprocessor: (cr0 & Cr0.mp) !== 0,
    emulation: (cr0 & Cr0.em) !== 0,
    sse: (cr4 & Cr4.osfxsr) !== 0,
    xsave,
    avx: xsave && (core.xcr0 & Xcr0.avx) !== 0,
    single,
  };
  const bits = Object.values(parts).map((part) => (part ? '1' : '0'));
  return { key: `${Object.values(shape).join()} ${bits.join('')}`, shape, ...parts };
}

const dataSegments: readonly SegmentNumber[] = [Segment.es, Segment.ss, Segment.ds];

/** flat: code, and data that may be read and written, all from 0 to 4 GiB. */
function segmentationOf(core: CoreContext): Segmentation {
  const isWhole = (number: SegmentNumber): boolean => {
    const { base, limit, attributes } = core.segment(number);
    return base === 0n && limit === 0xffff_ffff && (attributes & Attribute.unusable) === 0;
  };
  const isWritable = (number: SegmentNumber): boolean => {
    const { attributes } = core.segment(number);
    const type = attributes & (Attribute.code | Attribute.expandDown | Attribute.writable);
    return type === Attribute.writable;
  };
  const flat = isWhole(Segment.cs) && dataSegments.every((number) => isWhole(number) && isWritable(number));
  return flat && !hasRealSegments(core) ? 'flat' : 'segmented';
}
