/** Walks the opcode space: classes of prefixes, all maps, all opcodes, given ModRM bytes; decodes each place with both decoders. */
import type { Mode } from '../../src/index.ts';
import { IcedBatch, leftOut, ours, SLOT } from './iced.ts';

export interface Comparison {
  compared: number;
  /** Places where both give the same valid instruction. */
  valid: number;
  /** Places that iced decodes with a feature the table leaves out: by feature. */
  readonly leftOut: Map<string, number>;
  /** The first differences, as text. */
  readonly differences: string[];
  differing: number;
}

export function emptyComparison(): Comparison {
  return { compared: 0, valid: 0, leftOut: new Map(), differences: [], differing: 0 };
}

const legacyPrefixes: readonly (readonly number[])[] = [
  [],
  [0x66],
  [0xf2],
  [0xf3],
  [0x67],
  [0xf0],
  [0x64],
  [0x2e],
  [0x66, 0xf2],
  [0xf3, 0x66],
  [0xf2, 0xf3],
  [0x66, 0x67],
  [0xf0, 0xf2],
];

/** REX of each kind, with mandatory prefixes, and one that a prefix behind it cancels. */
const rexPrefixes: readonly (readonly number[])[] = [
  [0x40],
  [0x41],
  [0x42],
  [0x44],
  [0x48],
  [0x4f],
  [0x66, 0x48],
  [0xf2, 0x48],
  [0xf3, 0x48],
  [0x67, 0x48],
  [0xf0, 0x48],
  [0x48, 0x66],
];

const maps: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

/** VEX of two and three bytes: every pp, L, W; vvvv unused and used; R, X, B set and clear; maps that do not exist; a prefix before it. */
function vexPrefixes(): number[][] {
  const all: number[][] = [
    [0xc4, 0xe0, 0x78],
    [0xc4, 0xe4, 0x78],
    [0x66, 0xc4, 0xe1, 0x78],
    [0xf0, 0xc5, 0xf8],
  ];
  for (let pp = 0; pp < 4; pp++) {
    for (const length of [0, 4]) {
      all.push([0xc5, 0xf8 | length | pp], [0xc5, 0x30 | length | pp]);
      for (const w of [0, 0x80]) {
        for (const map of [1, 2, 3]) {
          for (const vvvv of [0x78, 0x30]) all.push([0xc4, 0xe0 | map, w | vvvv | length | pp]);
          all.push([0xc4, map, w | 0x78 | length | pp]);
        }
      }
    }
  }
  return all;
}

/** Bytes behind ModRM: a SIB with index, displacements with the sign bit set, immediates. */
const tail = [0x51, 0x82, 0x13, 0x94, 0x25, 0x66, 0x07, 0x18];

/** Compares every opcode with each of `modRms` behind it, in one mode. */
export function compareSpace(mode: Mode, modRms: readonly number[], into: Comparison): void {
  const prefixes = mode === 64 ? [...legacyPrefixes, ...rexPrefixes] : legacyPrefixes;
  const heads = [...prefixes.flatMap((prefix) => maps.map((map) => [...prefix, ...map])), ...vexPrefixes()];
  const bytes = new Uint8Array(256 * modRms.length * SLOT);
  for (const head of heads) {
    bytes.fill(0);
    let slot = 0;
    for (let opcode = 0; opcode < 256; opcode++) {
      for (const modRm of modRms) bytes.set([...head, opcode, modRm, ...tail], SLOT * slot++);
    }
    compareSlots(mode, bytes, into);
  }
}

/** Compares the instructions that start each slot of 16 bytes. */
export function compareSlots(mode: Mode, bytes: Uint8Array, into: Comparison): void {
  const iced = new IcedBatch(mode, bytes);
  for (let slot = 0; slot < bytes.length / SLOT; slot++) {
    into.compared++;
    const mine = ours(mode, bytes, slot * SLOT);
    const theirs = iced.at(slot);
    if (mine.text === theirs.text && (mine.text === 'invalid' || mine.length === theirs.length)) {
      if (mine.text !== 'invalid') into.valid++;
      continue;
    }
    const feature = theirs.text === 'invalid' ? undefined : leftOut(theirs.instruction);
    if (feature !== undefined && (mine.text === 'invalid' || mine.text.startsWith('reservednop'))) {
      into.leftOut.set(feature, (into.leftOut.get(feature) ?? 0) + 1);
      continue;
    }
    into.differing++;
    if (into.differences.length < 20) {
      const hex = Buffer.from(bytes.subarray(slot * SLOT, slot * SLOT + SLOT)).toString('hex');
      into.differences.push(
        `${mode} ${hex}: ours ${mine.text} (${mine.length}), iced ${theirs.text} (${theirs.length})`,
      );
    }
  }
  iced.free();
}

/** One line for the log. */
export function summary(comparison: Comparison): string {
  const left = [...comparison.leftOut.values()].reduce((sum, count) => sum + count, 0);
  const { compared, valid, differing } = comparison;
  return `${compared} places: ${valid} equal instructions, ${compared - valid - left - differing} equally invalid, ${left} of ${comparison.leftOut.size} features left out, ${differing} different`;
}
