import * as layout from '@drift-os/abi/layout/image-directory';
import { IMAGE, KERNEL_C_DATA, KERNEL_C_DATA_LIMIT } from '@drift-os/abi/layout/memory-map';
import { describe, expect, test } from 'vitest';
import type { ObjectModule, Relocation, Section } from '../object.ts';
import { LinkError } from './link-error.ts';
import { type LinkOptions, linkImage } from './link-image.ts';
import type { LinkedImage } from './linked-image.ts';

const empty = { symbols: [], relocations: [], functions: [], files: [], lines: [], traps: [] };

function section(name: Section['name'], bytes: number[], more: Partial<Section> = {}): Section {
  return { name, bytes: Uint8Array.from(bytes), zeroBytes: 0, alignment: 1, address: undefined, ...more };
}

function symbol(name: string, sectionIndex: number, offset: number, global = true) {
  return { name, section: sectionIndex, offset, size: 1, kind: 'function' as const, global };
}

const boot: ObjectModule = {
  ...empty,
  name: 'boot',
  sections: [section('text', new Array(32).fill(0x90), { alignment: 16 }), section('rodata', [1, 2, 3, 4])],
  symbols: [
    symbol('_startC', 0, 0),
    symbol('stubs', 0, 4),
    symbol('workerStubs', 0, 8),
    symbol('workerEntry', 0, 12),
    symbol('trampoline', 1, 0),
    symbol('trampoline.end', 1, 4),
  ],
  relocations: [{ section: 0, offset: 16, kind: 'rel32', symbol: 'kernel-c.kmain', addend: 0 }],
};

const kernelC: ObjectModule = {
  ...empty,
  name: 'kernel-c',
  sections: [
    section('text', [0xc3, 0xc3, 0xc3, 0xc3]),
    section('data', [7, 8, 9], { address: KERNEL_C_DATA, zeroBytes: 5 }),
    section('globals', [1, 0, 0, 0]),
  ],
  symbols: [symbol('kernel-c.kmain', 0, 2)],
  functions: [
    {
      section: 0,
      offset: 2,
      size: 2,
      name: 'main/kmain',
      frameBytes: 24,
      savedRegisters: [],
      prologueBytes: 0,
    },
    { section: 0, offset: 0, size: 2, name: 'first', frameBytes: undefined, savedRegisters: [], prologueBytes: 0 },
  ],
  files: ['assembly/main.ts', 'assembly/print.ts'],
  lines: [
    { section: 0, offset: 2, file: 1, line: 20, column: 1 },
    { section: 0, offset: 0, file: 0, line: 10, column: 1 },
    { section: 0, offset: 1, file: 0, line: 10, column: 9 },
  ],
  traps: [{ section: 0, offset: 3, reason: 'unreachable' }],
};

const application: ObjectModule = {
  ...empty,
  name: 'hello',
  sections: [
    section('text', [0xc3]),
    section('data', [5, 6], { address: IMAGE + 0x1000, zeroBytes: 10 }),
    section('globals', [2, 0, 0, 0]),
  ],
  symbols: [symbol('hello.poll', 0, 0)],
};

const options: LinkOptions = {
  modules: [
    { name: 'kernel-c', kind: layout.MODULE_KERNEL_C },
    { name: 'hello', kind: layout.MODULE_APPLICATION, stackBytes: 8192, interfaceHash: 0x1122334455667788n },
  ],
  buildName: 'test ü',
  configuration: 'autostart=hello@1',
  entries: {
    start: '_startC',
    interruptStubs: 'stubs',
    workerStubs: 'workerStubs',
    workerEntry: 'workerEntry',
    trampoline: 'trampoline',
    trampolineEnd: 'trampoline.end',
  },
  controlStack: { address: 0x21000, bytes: 0xf000 },
};

/** Memory as the loader would leave it. */
function memory(image: LinkedImage) {
  const bytes = new Uint8Array(0x400000);
  for (const segment of image.segments) bytes.set(segment.bytes, segment.address);
  const view = new DataView(bytes.buffer);
  const u32 = (at: number) => view.getUint32(at, true);
  const text = (at: number) => new TextDecoder().decode(bytes.subarray(at + 4, at + 4 + u32(at)));
  return { bytes, view, u32, text };
}

function addressOf(image: LinkedImage, name: string): number {
  const found = image.symbols.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no symbol ${name}`);
  return found.address;
}

function codeOf(objects: ObjectModule[], given: Partial<LinkOptions> = {}): string {
  try {
    linkImage(objects, { ...options, ...given });
  } catch (error) {
    if (error instanceof LinkError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'linked';
}

describe('linkImage', () => {
  const image = linkImage([boot, kernelC, application], options);
  const at = memory(image);

  test('places segments by protection, page-aligned, ascending, clear of each other', () => {
    expect(image.segments.map(({ name, flags }) => [name, flags])).toEqual([
      ['kernel-c data', layout.SEGMENT_WRITABLE],
      ['hello data', layout.SEGMENT_WRITABLE],
      ['data', layout.SEGMENT_WRITABLE],
      ['text', layout.SEGMENT_EXECUTABLE],
      ['rodata', 0],
    ]);
    let end = 0;
    for (const segment of image.segments) {
      expect(segment.address % 4096).toBe(0);
      expect(segment.address).toBeGreaterThanOrEqual(end);
      end = segment.address + segment.memoryBytes;
    }
  });

  test('keeps the data of Thread/C in place and gives an application a pristine copy', () => {
    const [kernel, hello] = image.segments;
    expect([...(kernel?.bytes ?? [])]).toEqual([7, 8, 9]);
    expect(kernel?.memoryBytes).toBe(8);
    expect(hello?.bytes.length).toBe(0);
    expect(hello?.memoryBytes).toBe(12);
  });

  test('relocates a call across objects', () => {
    const field = addressOf(image, '_startC') + 16;
    expect(at.view.getInt32(field, true) + field + 4).toBe(addressOf(image, 'kernel-c.kmain'));
  });

  test('writes the directory header', () => {
    const d = image.directory;
    expect(at.u32(d)).toBe(layout.IMAGE_DIRECTORY_MAGIC);
    expect(at.text(at.u32(d + layout.DIRECTORY_BUILD_NAME_AT))).toBe('test ü');
    expect(at.text(at.u32(d + layout.DIRECTORY_CONFIGURATION_AT))).toBe('autostart=hello@1');
    expect(at.u32(d + layout.DIRECTORY_INTERRUPT_STUBS_AT)).toBe(addressOf(image, 'stubs'));
    expect(at.u32(d + layout.DIRECTORY_WORKER_STUBS_AT)).toBe(addressOf(image, 'workerStubs'));
    expect(at.u32(d + layout.DIRECTORY_WORKER_ENTRY_AT)).toBe(addressOf(image, 'workerEntry'));
    expect(at.u32(d + layout.DIRECTORY_TRAMPOLINE_BYTES_AT)).toBe(4);
    expect(at.u32(d + layout.DIRECTORY_CONTROL_STACK_AT)).toBe(0x21000);
    expect(at.u32(d + layout.DIRECTORY_CONTROL_STACK_BYTES_AT)).toBe(0xf000);
  });

  test('describes modules, entry points and data', () => {
    const d = image.directory;
    expect(at.u32(d + layout.DIRECTORY_MODULE_COUNT_AT)).toBe(2);
    const hello = at.u32(d + layout.DIRECTORY_MODULES_AT) + layout.MODULE_BYTES;
    expect(at.text(at.u32(hello))).toBe('hello');
    expect(at.u32(hello + layout.MODULE_KIND_AT)).toBe(layout.MODULE_APPLICATION);
    expect(at.u32(hello + layout.MODULE_POLL_AT)).toBe(addressOf(image, 'hello.poll'));
    expect(at.u32(hello + layout.MODULE_INIT_AT)).toBe(0);
    expect(at.u32(hello + layout.MODULE_DATA_AT)).toBe(IMAGE + 0x1000);
    expect(at.u32(hello + layout.MODULE_DATA_BYTES_AT)).toBe(12);
    expect(at.u32(hello + layout.MODULE_DATA_INITIAL_BYTES_AT)).toBe(2);
    const initial = at.u32(hello + layout.MODULE_DATA_INITIAL_AT);
    expect([...at.bytes.subarray(initial, initial + 2)]).toEqual([5, 6]);
    expect(at.u32(hello + layout.MODULE_STACK_BYTES_AT)).toBe(8192);
    expect(at.view.getBigUint64(hello + layout.MODULE_INTERFACE_HASH_AT, true)).toBe(0x1122334455667788n);
  });

  test("makes Thread/C's globals writable and an application's a read-only template", () => {
    const flagsAt = (address: number) =>
      image.segments.find((s) => address >= s.address && address < s.address + s.memoryBytes)?.flags;
    expect(flagsAt(addressOf(image, 'kernel-c:globals'))).toBe(layout.SEGMENT_WRITABLE);
    expect(flagsAt(addressOf(image, 'hello:globals'))).toBe(0);
    expect(addressOf(image, 'hello:globals.end') - addressOf(image, 'hello:globals')).toBe(4);
  });

  test('lists segments with the sizes they have, the directory included', () => {
    const segments = at.u32(image.directory + layout.DIRECTORY_SEGMENTS_AT);
    const listed = image.segments.map((_, index) => {
      const record = segments + index * layout.SEGMENT_BYTES;
      return [at.u32(record), at.u32(record + layout.SEGMENT_BYTES_AT), at.u32(record + layout.SEGMENT_FLAGS_AT)];
    });
    expect(listed).toEqual(image.segments.map(({ address, memoryBytes, flags }) => [address, memoryBytes, flags]));
    expect(at.u32(image.directory + layout.DIRECTORY_SEGMENT_COUNT_AT)).toBe(image.segments.length);
  });

  test('sorts functions and gives assembly an unknown frame', () => {
    const d = image.directory;
    expect(at.u32(d + layout.DIRECTORY_FUNCTION_COUNT_AT)).toBe(2);
    const first = at.u32(d + layout.DIRECTORY_FUNCTIONS_AT);
    expect(at.text(at.u32(first + layout.FUNCTION_NAME_AT))).toBe('first');
    expect(at.u32(first + layout.FUNCTION_FRAME_BYTES_AT) | 0).toBe(layout.FRAME_UNKNOWN);
    const second = first + layout.FUNCTION_BYTES;
    expect(at.text(at.u32(second + layout.FUNCTION_NAME_AT))).toBe('main/kmain');
    expect(at.u32(second + layout.FUNCTION_ADDRESS_AT)).toBe(addressOf(image, 'kernel-c.kmain'));
    expect(at.u32(second + layout.FUNCTION_FRAME_BYTES_AT)).toBe(24);
  });

  test('sorts lines, merges those that differ in column only, and ends the range', () => {
    const d = image.directory;
    const lines = at.u32(d + layout.DIRECTORY_LINES_AT);
    const count = at.u32(d + layout.DIRECTORY_LINE_COUNT_AT);
    const text = addressOf(image, 'kernel-c.kmain') - 2;
    const rows = Array.from({ length: count }, (_, n) => {
      const record = lines + n * layout.LINE_BYTES;
      const packed = at.u32(record + layout.LINE_FILE_AND_LINE_AT);
      return [at.u32(record) - text, packed >>> layout.LINE_FILE_SHIFT, packed & layout.LINE_MASK];
    });
    expect(rows).toEqual([
      [0, 0, 10],
      [2, 1, 20],
      [4, 0, 0],
    ]);
    expect(at.text(at.u32(at.u32(d + layout.DIRECTORY_FILES_AT) + 4))).toBe('assembly/print.ts');
  });

  test('keeps the reasons of traps', () => {
    const trap = at.u32(image.directory + layout.DIRECTORY_TRAPS_AT);
    expect(at.u32(image.directory + layout.DIRECTORY_TRAP_COUNT_AT)).toBe(1);
    expect(at.u32(trap)).toBe(addressOf(image, 'kernel-c.kmain') + 1);
    expect(at.text(at.u32(trap + layout.TRAP_REASON_AT))).toBe('unreachable');
  });

  test('gives the same image for the same objects', () => {
    expect(linkImage([boot, kernelC, application], options)).toEqual(image);
  });

  test('writes a map with segments, sections and symbols', () => {
    expect(image.map).toMatch(/0x00100000 {2}0x00000008 {2}0x00000003 {2}rw- {5}kernel-c data/);
    expect(image.map).toMatch(/kernel-c\.kmain/);
  });
});

describe('linkImage refuses', () => {
  test('undefined symbols, all of them, with who refers', () => {
    const lost: Relocation = { section: 0, offset: 2, kind: 'abs16', symbol: 'nowhere', addend: 0 };
    const message = codeOf([boot, { ...kernelC, symbols: [], relocations: [lost] }, application]);
    expect(message).toContain('UNDEFINED_SYMBOL');
    expect(message).toContain('kernel-c.kmain, referred to by boot: text+0x10');
    expect(message).toContain('nowhere, referred to by kernel-c: main/kmain+0x0');
  });

  test('an entry that no object defines', () => {
    const entries = { ...options.entries, workerEntry: 'absent' };
    expect(codeOf([boot, kernelC, application], { entries })).toContain('UNDEFINED_SYMBOL no object defines absent');
  });

  test('a global symbol defined twice, but not a local one', () => {
    const twice = (global: boolean) => [boot, kernelC, { ...application, symbols: [symbol('_startC', 0, 0, global)] }];
    expect(codeOf(twice(true))).toBe('DUPLICATE_SYMBOL _startC is defined in boot and in hello');
    expect(codeOf(twice(false))).toBe('linked');
  });

  test('an address that does not fit', () => {
    const narrow: Relocation = { section: 0, offset: 0, kind: 'abs16', symbol: 'kernel-c.kmain', addend: 0 };
    expect(codeOf([boot, { ...kernelC, relocations: [narrow] }, application])).toContain('RELOCATION_RANGE');
  });

  test('data of a kernel beyond its place', () => {
    const data = section('data', [1], { address: KERNEL_C_DATA, zeroBytes: KERNEL_C_DATA_LIMIT });
    const message = codeOf([boot, { ...kernelC, sections: kernelC.sections.with(1, data) }, application]);
    expect(message).toContain('DATA_LIMIT kernel-c: static data at 0x100000 is 1 bytes too long');
  });

  test('fixed sections that overlap', () => {
    const data = section('data', [1], { address: KERNEL_C_DATA + 4 });
    const message = codeOf([boot, kernelC, { ...application, sections: application.sections.with(1, data) }]);
    expect(message).toContain('SECTION_OVERLAP');
  });

  test('a module without object', () => {
    expect(codeOf([boot, kernelC])).toBe('BAD_INPUT module hello has no object');
  });
});
