/** Compiled code read back by iced-x86, function by function. */
import iced from 'iced-x86';
import type { ObjectModule } from '../../src/index.ts';

export interface Decoded {
  readonly offset: number;
  readonly length: number;
  /** Intel syntax; relocated fields are zero. */
  readonly text: string;
  /** Offset in the section that a near branch goes to; -1 for other instructions. */
  readonly target: number;
  /** Offsets of the displacement and immediate fields in the section, 0 where there are none. */
  readonly displacementAt: number;
  readonly immediateAt: number;
}

/** All instructions of a function. @throws where bytes are no instruction. */
export function decodeFunction(object: ObjectModule, name: string): Decoded[] {
  const record = object.functions.find((each) => each.name === name);
  if (record === undefined) throw new Error(`no function ${name}`);
  const bytes = (object.sections[record.section] as { bytes: Uint8Array }).bytes.subarray(
    record.offset,
    record.offset + record.size,
  );
  const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
  decoder.ip = BigInt(record.offset);
  const formatter = new iced.Formatter(iced.FormatterSyntax.Intel);
  const list: Decoded[] = [];
  while (decoder.canDecode) {
    const instruction = decoder.decode();
    const offset = Number(instruction.ip);
    if (instruction.isInvalid) throw new Error(`${name}: no instruction at ${offset}`);
    const offsets = decoder.getConstantOffsets(instruction);
    list.push({
      offset,
      length: instruction.length,
      text: formatter.format(instruction),
      target: instruction.isJccShortOrNear || instruction.isJmpShortOrNear ? Number(instruction.nearBranchTarget) : -1,
      displacementAt: offsets.hasDisplacement ? offset + offsets.displacementOffset : 0,
      immediateAt: offsets.hasImmediate ? offset + offsets.immediateOffset : 0,
    });
    instruction.free();
    offsets.free();
  }
  decoder.free();
  formatter.free();
  return list;
}

export function textOf(object: ObjectModule, name: string): string[] {
  return decodeFunction(object, name).map(({ text }) => text);
}
