/** The guest programs, who can tell what they print, and where those who can disagree. */
import { bochs, type Oracle, qemu } from './oracle.ts';
import { interruptsGuest, limitsGuest } from './interrupts-guest.ts';
import { canonicalGuest, longGuest } from './long-cases.ts';
import { longPagingGuest } from './long-paging-guest.ts';
import { pagingGuest } from './paging-guest.ts';
import { realGuest, realLimitsGuest } from './real-guest.ts';
import { segmentsGuest } from './segments-guest.ts';
import { transfersGuest } from './transfers-guest.ts';

export interface Dispute {
  /** Of lines in which QEMU and Bochs differ. */
  readonly lines: RegExp;
  /** Who is right; either: the manual leaves it open. */
  readonly right: 'QEMU' | 'Bochs' | 'either';
  /** What is wrong in the line of who is right otherwise, and what the manual says. */
  readonly correction?: readonly [wrong: string, right: string];
  readonly reason: string;
}

export interface Guest {
  readonly name: string;
  readonly rom: () => Uint8Array;
  readonly oracles: readonly Oracle[];
  readonly disputes: readonly Dispute[];
}

const reservedBits: Dispute = {
  lines: /reserved bit|with NX, NXE 0/,
  right: 'Bochs',
  reason:
    'a reserved bit is only found in an entry that is present, so P is set with RSVD (SDM 3A 4.7); QEMU leaves it 0',
};
const accessedBit: Dispute = {
  lines: / directory [135]/,
  right: 'either',
  reason: 'whether the accessed bit of an upper entry is set by a walk that ends in a fault is not said (SDM 3A 4.8)',
};

export const guests: readonly Guest[] = [
  { name: 'real mode', rom: realGuest, oracles: [qemu, bochs], disputes: [] },
  { name: 'limits of real mode', rom: realLimitsGuest, oracles: [bochs], disputes: [] },
  {
    name: 'segments',
    rom: segmentsGuest,
    oracles: [qemu, bochs],
    disputes: [
      {
        lines: /mov ds/,
        right: 'Bochs',
        reason: 'QEMU checks no segment limits: address 0 of an expand-down segment (SDM 3A 5.3)',
      },
      {
        lines: /(jmp|call) far/,
        right: 'Bochs',
        reason: 'a task switch loads all flags from the TSS (SDM 3A 7.3); QEMU keeps ZF',
      },
    ],
  },
  {
    name: 'interrupts',
    rom: interruptsGuest,
    oracles: [qemu, bochs],
    disputes: [
      {
        lines: /#UD without a gate/,
        right: 'Bochs',
        reason: 'EXT is set while an exception is delivered (SDM 3A 6.13)',
      },
      { lines: /int1/, right: 'Bochs', reason: 'QEMU has no INT1' },
      { lines: /general detect/, right: 'Bochs', reason: 'QEMU does not implement DR7.GD' },
    ],
  },
  {
    name: 'transfers between rings and tasks',
    rom: transfersGuest,
    oracles: [qemu, bochs],
    disputes: [
      { lines: /task with the debug trap/, right: 'Bochs', reason: 'QEMU does not implement the T flag of a TSS' },
      {
        lines: /task/,
        right: 'Bochs',
        reason: 'a task switch loads all flags from the TSS (SDM 3A 7.3); QEMU keeps the old ones',
      },
    ],
  },
  { name: 'limits', rom: limitsGuest, oracles: [bochs], disputes: [] },
  { name: '32-bit paging', rom: () => pagingGuest(0), oracles: [qemu, bochs], disputes: [accessedBit, reservedBits] },
  { name: 'PAE paging', rom: () => pagingGuest(1), oracles: [qemu, bochs], disputes: [accessedBit, reservedBits] },
  {
    name: 'long mode',
    rom: longGuest,
    oracles: [qemu, bochs],
    disputes: [
      {
        lines: /int 4[3-7]/,
        right: 'Bochs',
        reason:
          'error codes hold the vector in bits 3 to 10 (SDM 3A 6.13); QEMU shifts it twice, and jumps to addresses that are not canonical',
      },
      {
        lines: /cr8 too large|EFER|not canonical|iretq|null ss|sysret|syscall|sysenter/,
        right: 'Bochs',
        reason: 'QEMU leaves checks out that SDM 2 lists, and refuses SYSENTER in long mode as AMD processors do',
      },
    ],
  },
  {
    name: 'canonical addresses and control registers',
    rom: canonicalGuest,
    oracles: [bochs],
    disputes: [
      {
        lines: /stack of an interrupt from ring 3/,
        right: 'Bochs',
        correction: ['0000000c 00000028', '0000000c 00000000'],
        reason: 'the error code names the new SS, which is null (SDM 2 INT n); Bochs names the old one',
      },
    ],
  },
  { name: '4-level paging', rom: () => longPagingGuest(4), oracles: [qemu, bochs], disputes: [reservedBits] },
  { name: '5-level paging', rom: () => longPagingGuest(5), oracles: [qemu], disputes: [reservedBits] },
];
