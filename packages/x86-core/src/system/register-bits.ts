/** Bits of the system registers by their names in the manuals (SDM 3A 2.3, 2.5, 2.2.1). */

export const Rflags = {
  cf: 0x1,
  fixed: 0x2,
  pf: 0x4,
  af: 0x10,
  zf: 0x40,
  sf: 0x80,
  tf: 0x100,
  if: 0x200,
  df: 0x400,
  of: 0x800,
  iopl: 0x3000,
  nt: 0x4000,
  rf: 0x10000,
  vm: 0x20000,
  ac: 0x40000,
  vif: 0x80000,
  vip: 0x100000,
  id: 0x200000,
} as const;

/** All flags that exist. */
export const RFLAGS_DEFINED = 0x3f7fd7;

export const Cr0 = {
  pe: 0x1,
  mp: 0x2,
  em: 0x4,
  ts: 0x8,
  et: 0x10,
  ne: 0x20,
  wp: 0x10000,
  am: 0x40000,
  nw: 0x20000000,
  cd: 0x40000000,
  pg: 0x8000_0000,
} as const;

export const Cr4 = {
  vme: 0x1,
  pvi: 0x2,
  tsd: 0x4,
  de: 0x8,
  pse: 0x10,
  pae: 0x20,
  mce: 0x40,
  pge: 0x80,
  pce: 0x100,
  osfxsr: 0x200,
  osxmmexcpt: 0x400,
  umip: 0x800,
  la57: 0x1000,
  fsgsbase: 0x10000,
  pcide: 0x20000,
  osxsave: 0x40000,
  smep: 0x100000,
  smap: 0x200000,
  pke: 0x400000,
} as const;

export const Efer = {
  sce: 0x1,
  lme: 0x100,
  lma: 0x400,
  nxe: 0x800,
} as const;

export const Xcr0 = { x87: 0x1, sse: 0x2, avx: 0x4, pkru: 0x200 } as const;

/** DR6 (SDM 3A 17.2.3): B0 to B3 are its low four bits. */
export const Dr6 = { bd: 0x2000, bs: 0x4000, bt: 0x8000, reset: 0xffff_0ff0 } as const;
export const Dr7 = { gd: 0x2000, reset: 0x400 } as const;
