/** Descriptors and tables as bytes: SDM 3A 3.4.5, 3.5, 6.11, 7.2. */

export interface SegmentFields {
  readonly base: number;
  /** 20 bits. */
  readonly limit: number;
  /** Bits 0 to 3 type, 4 S. */
  readonly type: number;
  readonly dpl?: number;
  readonly present?: boolean;
  /** Bit 0 AVL, 1 L, 2 D/B, 3 G. */
  readonly flags?: number;
}

export function segmentDescriptor({ base, limit, type, dpl = 0, present = true, flags = 4 }: SegmentFields): bigint {
  const access = BigInt(type | (dpl << 5) | (present ? 0x80 : 0));
  return (
    BigInt(limit & 0xffff) |
    (BigInt(base & 0xff_ffff) << 16n) |
    (access << 40n) |
    (BigInt(((limit >> 16) & 15) | (flags << 4)) << 48n) |
    (BigInt(base >>> 24) << 56n)
  );
}

/** A gate: type 5 task, 4 and 12 call, 6 and 14 interrupt, 7 and 15 trap. */
export function gateDescriptor(
  type: number,
  selector: number,
  offset: number,
  options: { dpl?: number; present?: boolean; count?: number } = {},
): bigint {
  const { dpl = 0, present = true, count = 0 } = options;
  const access = BigInt(type | (dpl << 5) | (present ? 0x80 : 0));
  return (
    BigInt(offset & 0xffff) |
    (BigInt(selector) << 16n) |
    (BigInt(count) << 32n) |
    (access << 40n) |
    (BigInt(offset >>> 16) << 48n)
  );
}
