/** AC '97: codec registers, playback through the buffer list at the sample rate, interrupts; and the speaker. */
import { beforeEach, expect, test } from 'vitest';
import { Ac97 } from '../src/ac97/ac97.ts';
import type { PortWindow } from '../src/device.ts';
import { PcSpeaker } from '../src/pc-speaker.ts';
import { PciBus } from '../src/pci/pci-bus.ts';
import { MILLISECOND, TestClock, TestEvents, TestLine, TestMemory, TestMessages } from './harness.ts';

let clock: TestClock;
let memory: TestMemory;
let line: TestLine;
let played: number[];
let rates: Set<number>;
let events: TestEvents;
let ac97: Ac97;
let mixer: PortWindow;
let control: PortWindow;

beforeEach(() => {
  [clock, memory, line] = [new TestClock(), new TestMemory(0x10000), new TestLine()];
  [played, rates, events] = [[], new Set(), new TestEvents()];
  ac97 = new Ac97({
    clock,
    memory,
    events: {
      unknownRegister: (report) => events.unknownRegister(report),
      audio: (samples, rate) => {
        played.push(...samples);
        rates.add(rate);
      },
    },
  });
  const none = new TestLine();
  const space = { map: () => undefined, unmap: () => undefined };
  new PciBus({ space, messages: new TestMessages(), pirq: [none, none, line, none] }).plug(3, 0, ac97.pci);
  ac97.pci.writeConfig(0x10, 4, 0xc000);
  ac97.pci.writeConfig(0x14, 4, 0xc400);
  ac97.pci.writeConfig(4, 2, 5);
  const [first, second] = ac97.pci.regions();
  if (first?.space !== 'port' || second?.space !== 'port') throw new Error('no ports');
  [mixer, control] = [first.window, second.window];
});

/** Two buffers of 480 stereo frames at 2000h and 4000h, the second the last. */
function play(): void {
  for (let i = 0; i < 960; i++) {
    memory.view.setInt16(0x2000 + 2 * i, i, true);
    memory.view.setInt16(0x4000 + 2 * i, -i, true);
  }
  for (const [i, address] of [0x2000, 0x4000].entries()) {
    memory.view.setUint32(0x1000 + 8 * i, address, true);
    memory.view.setUint32(0x1004 + 8 * i, (0x80000000 | 960) >>> 0, true);
  }
  mixer.writePort(0x02, 2, 0);
  mixer.writePort(0x18, 2, 0x0808);
  control.writePort(0x10, 4, 0x1000);
  control.writePort(0x15, 1, 1);
  control.writePort(0x1b, 1, 0x15);
}

test('the codec is ready and known', () => {
  expect([control.readPort(0x30, 4) & 0x100, mixer.readPort(0x26, 2), mixer.readPort(0x7c, 2)]).toEqual([
    0x100, 15, 0x8384,
  ]);
  mixer.writePort(0x02, 2, 0xffff);
  expect(mixer.readPort(0x02, 2)).toBe(0x9f1f);
  mixer.writePort(0, 2, 0);
  expect(mixer.readPort(0x02, 2)).toBe(0x8000);
});

test('plays 48000 frames to a second, interrupts at each buffer, and halts behind the last', () => {
  play();
  clock.advance(5n * MILLISECOND);
  expect([played.length, control.readPort(0x18, 2), line.level]).toEqual([480, 480, false]);
  clock.advance(5n * MILLISECOND);
  expect([line.level, control.readPort(0x16, 2), control.readPort(0x14, 1)]).toEqual([true, 8, 1]);
  control.writePort(0x16, 2, 0x1c);
  expect(line.level).toBe(false);
  clock.advance(20n * MILLISECOND);
  expect(played).toEqual([
    ...Array.from({ length: 960 }, (_, i) => i),
    ...Array.from({ length: 960 }, (_, i) => -i || 0),
  ]);
  expect([control.readPort(0x16, 2) & 0x0f, clock.scheduled]).toEqual([0x0f, 0]);
  // A new last buffer makes it go on.
  control.writePort(0x15, 1, 2);
  expect(control.readPort(0x14, 1)).toBe(2);
});

test('variable rate, volume and mute', () => {
  mixer.writePort(0x2a, 2, 1);
  mixer.writePort(0x2c, 2, 8000);
  play();
  mixer.writePort(0x02, 2, 0x0400);
  clock.advance(5n * MILLISECOND);
  expect([played.length, [...rates]]).toEqual([80, [8000]]);
  expect(played.slice(76)).toEqual([38, 77, 39, 79]);
  mixer.writePort(0x02, 2, 0x8000);
  clock.advance(5n * MILLISECOND);
  expect(played.slice(80).every((sample) => sample === 0)).toBe(true);
});

test('recording gives silence', () => {
  memory.bytes.fill(0xff, 0x2000, 0x2100);
  memory.view.setUint32(0x1000, 0x2000, true);
  memory.view.setUint32(0x1004, 64, true);
  control.writePort(0x00, 4, 0x1000);
  control.writePort(0x0b, 1, 1);
  clock.advance(10n * MILLISECOND);
  expect([memory.bytes[0x2000], memory.bytes[0x207f], memory.bytes[0x2080]]).toEqual([0, 0, 0xff]);
});

test('a saved device plays on', () => {
  play();
  clock.advance(5n * MILLISECOND);
  const state = structuredClone(ac97.save());
  ac97.reset();
  ac97.restore(state);
  clock.advance(5n * MILLISECOND);
  expect(played.length).toBe(960);
});

test('the speaker sounds while both its gates are open, and as high as one can hear', () => {
  const tones: number[] = [];
  const speaker = new PcSpeaker({ speaker: (hertz) => tones.push(hertz) });
  speaker.setPeriod(1_000_000);
  speaker.setEnabled(true);
  speaker.setPeriod(1_000);
  speaker.setPeriod(2_000_000);
  speaker.setEnabled(false);
  expect(tones).toEqual([1000, 0, 500, 0]);
});
