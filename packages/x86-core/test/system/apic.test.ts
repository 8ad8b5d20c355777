/** The local APIC: priorities, destinations, timer, errors, both register interfaces (SDM 3A chapter 11). */
import { beforeEach, describe, expect, test } from 'vitest';
import { dispatchInterrupt } from '../../src/apic/dispatch.ts';
import type { InterruptMessage } from '../../src/apic/interrupt-message.ts';
import { readApicMsr, readApicPage, writeApicMsr, writeApicPage } from '../../src/apic/apic-registers.ts';
import { LocalApic } from '../../src/apic/local-apic.ts';

const X2 = 0xfee0_0000n | (1n << 11n) | (1n << 10n);

let time: bigint;
let log: string[];

function makeApic(id = 0): LocalApic {
  const apic = new LocalApic({
    id,
    bootstrap: id === 0,
    now: () => time,
    timeOfTimestamp: (value) => value,
    send: (message) => void log.push(`${message.deliveryMode} ${message.vector} ${message.shorthand}`),
    endOfInterrupt: (vector) => void log.push(`eoi ${vector}`),
    nmi: () => void log.push(`nmi ${id}`),
    init: () => void log.push(`init ${id}`),
    startup: (page) => void log.push(`startup ${id} ${page}`),
    changed: () => undefined,
  });
  apic.spurious = 0x1ff;
  return apic;
}

function fixed(vector: number, more: Partial<InterruptMessage> = {}): InterruptMessage {
  const plain = {
    deliveryMode: 'fixed',
    destination: 0,
    destinationMode: 'physical',
    trigger: 'edge',
    level: true,
  } as const;
  return { vector, ...plain, ...more };
}

beforeEach(() => {
  time = 0n;
  log = [];
});

const noController = (): number => {
  throw new Error('No external controller');
};

describe('priorities', () => {
  test('the highest vector first; its class holds back its own and lower ones until EOI', () => {
    const apic = makeApic();
    for (const vector of [0x31, 0x52, 0x3f]) apic.receive(fixed(vector));
    expect(apic.acknowledge(noController)).toBe(0x52);
    expect([apic.processorPriority, apic.interruptPending]).toEqual([0x50, false]);
    apic.receive(fixed(0x5f));
    expect(apic.interruptPending).toBe(false);
    apic.receive(fixed(0x60));
    expect(apic.acknowledge(noController)).toBe(0x60);
    apic.endOfInterrupt();
    apic.endOfInterrupt();
    expect([0, 0, 0].map(() => [apic.acknowledge(noController), apic.endOfInterrupt()][0])).toEqual([0x5f, 0x3f, 0x31]);
  });

  test('TPR masks classes up to its own', () => {
    const apic = makeApic();
    apic.receive(fixed(0x41));
    apic.taskPriority = 0x40;
    expect(apic.interruptPending).toBe(false);
    expect(apic.acknowledge(noController)).toBe(0xff);
    apic.taskPriority = 0x3f;
    expect(apic.interruptPending).toBe(true);
  });

  test('the end of a level-triggered interrupt is told, that of an edge is not', () => {
    const apic = makeApic();
    apic.receive(fixed(0x40, { trigger: 'level' }));
    apic.receive(fixed(0x50));
    apic.acknowledge(noController);
    apic.endOfInterrupt();
    apic.acknowledge(noController);
    apic.endOfInterrupt();
    expect(log).toEqual(['eoi 64']);
  });

  test('software-disabled it takes no interrupts and masks its LVT', () => {
    const apic = makeApic();
    writeApicPage(apic, 0x320, 4, 0x40);
    apic.spurious = 0xff;
    apic.receive(fixed(0x40));
    expect(apic.interruptPending).toBe(false);
    expect(readApicPage(apic, 0x320, 4)).toBe(0x1_0040);
    apic.receive(fixed(0, { deliveryMode: 'nmi' }));
    expect(log).toEqual(['nmi 0']);
  });
});

describe('destinations', () => {
  const received = (message: InterruptMessage, prepare: (apic: LocalApic) => void = () => undefined): number[] => {
    const apics = [0, 1, 2, 5].map(makeApic);
    for (const apic of apics) prepare(apic);
    dispatchInterrupt(apics, message);
    return apics.filter((apic) => apic.interruptPending).map(({ id }) => id);
  };

  test('physical, broadcast, shorthands', () => {
    expect(received(fixed(0x40, { destination: 2 }))).toEqual([2]);
    expect(received(fixed(0x40, { destination: 0xff }))).toEqual([0, 1, 2, 5]);
    expect(received(fixed(0x40, { shorthand: 'others', source: 1 }))).toEqual([0, 2, 5]);
    expect(received(fixed(0x40, { shorthand: 'self', source: 5 }))).toEqual([5]);
  });

  test('flat model: a bit for each', () => {
    const prepare = (apic: LocalApic): void => writeApicPage(apic, 0xd0, 4, (1 << apic.id) << 24);
    expect(received(fixed(0x40, { destinationMode: 'logical', destination: 0x21 }), prepare)).toEqual([0, 5]);
  });

  test('cluster model: four clusters bits, four member bits', () => {
    const prepare = (apic: LocalApic): void => {
      writeApicPage(apic, 0xe0, 4, 0x0fff_ffff);
      writeApicPage(apic, 0xd0, 4, (((apic.id >> 1) << 4) | (1 << (apic.id & 1))) << 24);
    };
    expect(received(fixed(0x40, { destinationMode: 'logical', destination: 0x03 }), prepare)).toEqual([0, 1]);
    expect(received(fixed(0x40, { destinationMode: 'logical', destination: 0xf1 }), prepare)).toEqual([0, 2]);
  });

  test('x2APIC: the logical ID comes from the ID', () => {
    const prepare = (apic: LocalApic): void => void apic.setBase(X2, 40);
    expect(received(fixed(0x40, { destinationMode: 'logical', destination: 0x24 }), prepare)).toEqual([2, 5]);
    const far = makeApic(0x23);
    far.setBase(X2, 40);
    expect(far.logicalDestination).toBe(0x2_0008);
  });

  test('lowest priority goes to one, the least busy', () => {
    const prepare = (apic: LocalApic): void => {
      apic.taskPriority = apic.id === 2 ? 0 : 0x20;
    };
    expect(received(fixed(0x40, { deliveryMode: 'lowest-priority', destination: 0xff }), prepare)).toEqual([2]);
  });
});

describe('timer', () => {
  test('one shot, with the divider', () => {
    const apic = makeApic();
    writeApicPage(apic, 0x320, 4, 0x40);
    writeApicPage(apic, 0x3e0, 4, 3);
    writeApicPage(apic, 0x380, 4, 100);
    expect(apic.deadline).toBe(1600n);
    time = 800n;
    expect(readApicPage(apic, 0x390, 4)).toBe(50);
    apic.advance();
    expect(apic.interruptPending).toBe(false);
    time = 1600n;
    apic.advance();
    expect([apic.acknowledge(noController), apic.deadline, readApicPage(apic, 0x390, 4)]).toEqual([0x40, undefined, 0]);
  });

  test('periodic: what was missed comes once, the phase stays', () => {
    const apic = makeApic();
    writeApicPage(apic, 0x320, 4, 0x2_0040);
    writeApicPage(apic, 0x3e0, 4, 0xb);
    writeApicPage(apic, 0x380, 4, 1000);
    time = 3500n;
    apic.advance();
    expect(apic.acknowledge(noController)).toBe(0x40);
    expect(apic.deadline).toBe(4000n);
    expect(readApicPage(apic, 0x390, 4)).toBe(500);
  });

  test('TSC deadline: zero disarms, expiry clears, other modes ignore it', () => {
    const apic = makeApic();
    apic.timer.timestampDeadline = 500n;
    expect(apic.deadline).toBeUndefined();
    writeApicPage(apic, 0x320, 4, 0x4_0040);
    apic.timer.timestampDeadline = 500n;
    expect(apic.deadline).toBe(500n);
    time = 500n;
    apic.advance();
    expect([apic.acknowledge(noController), apic.timer.timestampDeadline]).toEqual([0x40, 0n]);
  });
});

describe('commands', () => {
  test('INIT, SIPI and a fixed interrupt with a shorthand', () => {
    const apic = makeApic();
    writeApicPage(apic, 0x310, 4, 1 << 24);
    writeApicPage(apic, 0x300, 4, 0x4500);
    writeApicPage(apic, 0x300, 4, 0x4608);
    writeApicPage(apic, 0x300, 4, 0xc_0041);
    expect(log).toEqual(['init 0 none', 'startup 8 none', 'fixed 65 others']);
  });

  test('a vector below 16 is an error, which the LVT may report', () => {
    const apic = makeApic();
    writeApicPage(apic, 0x370, 4, 0xfe);
    writeApicPage(apic, 0x300, 4, 0x4005);
    expect(log).toEqual([]);
    expect(apic.acknowledge(noController)).toBe(0xfe);
    expect(readApicPage(apic, 0x280, 4)).toBe(0);
    writeApicPage(apic, 0x280, 4, 0);
    expect(readApicPage(apic, 0x280, 4)).toBe(0x20);
  });
});

describe('x2APIC', () => {
  test('modes change only as the figure allows', () => {
    const apic = makeApic();
    expect(apic.setBase(0xfee0_0000n | (1n << 10n), 40)).toBe(false);
    expect(apic.setBase(X2, 40)).toBe(true);
    expect(apic.setBase(0xfee0_0800n, 40)).toBe(false);
    expect(apic.setBase(0xfee0_0000n, 40)).toBe(true);
    expect(apic.setBase(X2, 40)).toBe(false);
  });

  test('registers are MSRs: the ID has 32 bits, DFR and the upper ICR are gone, EOI takes 0', () => {
    const apic = makeApic(0x123);
    apic.setBase(X2, 40);
    expect(readApicMsr(apic, 0x802)).toBe(0x123n);
    expect([0x80e, 0x831, 0x80b].map((address) => readApicMsr(apic, address))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect([writeApicMsr(apic, 0x80b, 1n), writeApicMsr(apic, 0x80b, 0n)]).toEqual([false, true]);
    writeApicMsr(apic, 0x83f, 0x77n);
    expect(log).toEqual(['fixed 119 self']);
    expect(apic.claims(0xfee0_0000n)).toBe(false);
  });
});

test('virtual wire: INTR passes LINT0 in ExtINT mode, or where there is no APIC', () => {
  const apic = makeApic();
  // A bootstrap core begins with it.
  expect(apic.acceptsExternal).toBe(true);
  writeApicPage(apic, 0x350, 4, 0x1_0000);
  expect(apic.acceptsExternal).toBe(false);
  writeApicPage(apic, 0x350, 4, 0x700);
  expect(apic.acceptsExternal).toBe(true);
  writeApicPage(apic, 0x350, 4, 0x1_0700);
  expect(apic.acceptsExternal).toBe(false);
  apic.setBase(0xfee0_0000n, 40);
  expect(apic.acceptsExternal).toBe(true);
});

test('no offset, width or value throws', () => {
  const apic = makeApic();
  for (let offset = 0; offset < 4096; offset++) {
    for (const bytes of [1, 2, 4]) {
      readApicPage(apic, offset, bytes);
      writeApicPage(apic, offset, bytes, 0xffff_ffff);
    }
  }
  expect(apic.globallyEnabled).toBe(true);
});

test('saved and restored, it goes on as before', () => {
  const apic = makeApic();
  writeApicPage(apic, 0x320, 4, 0x2_0040);
  writeApicPage(apic, 0x380, 4, 1000);
  apic.receive(fixed(0x55, { trigger: 'level' }));
  const copy = makeApic();
  copy.restore(structuredClone(apic.save()));
  expect(copy.deadline).toBe(apic.deadline);
  expect(copy.acknowledge(noController)).toBe(0x55);
  copy.endOfInterrupt();
  expect(log).toEqual(['eoi 85']);
});
