import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileAssemblyScript } from '@drift-os/asc';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { defineInterface, generateAssembly, generateC, type Interface, InterfaceError } from '../index.ts';

const messages = {
  pageRequest: { summary: 'Asks for pages.', fields: { kind: 'u8', count: ['u32', 'pages wanted'], cookie: 'u64' } },
  address: { summary: 'Who am I.', fields: { mac: 'u8[6]', vlan: 'u16', delta: 'i32', when: 'i64' } },
  log: { summary: 'A line for the log.', fields: { time: 'u64', level: 'u8', text: 'u8[]' } },
  stop: { summary: 'Ends it.', fields: {} },
} as const;
const sample: Interface<typeof messages> = defineInterface('drift.sample', 3, messages);

const gcc = spawnSync('gcc', ['--version']).status === 0;

describe('defineInterface', () => {
  it('numbers messages from 1 and aligns fields naturally', () => {
    const { pageRequest, address, log, stop } = sample.messages;
    expect([pageRequest.id, address.id, log.id, stop.id]).toEqual([1, 2, 3, 4]);
    expect(pageRequest.fields.map((field) => field.offset)).toEqual([0, 4, 8]);
    expect(address.fields.map((field) => field.offset)).toEqual([0, 6, 8, 16]);
    expect([pageRequest.bytes, address.bytes, log.bytes, stop.bytes]).toEqual([16, 24, 16, 0]);
    expect(log.tail?.offset).toBe(16);
  });

  it('tells which record lengths a message accepts', () => {
    expect([15, 16, 17].map((length) => sample.messages.pageRequest.accepts(length))).toEqual([false, true, false]);
    expect([15, 16, 17].map((length) => sample.messages.log.accepts(length))).toEqual([false, true, true]);
    expect(sample.messages.log.size(5)).toBe(21);
  });

  it('hashes what is on the wire and not the comments', () => {
    expect(sample.hash).toBe(0xcf13f75d04b738f7n);
    const commented = { a: { summary: 'one', fields: { x: ['u32', 'first'] } } } as const;
    const plain = { a: { summary: 'two', fields: { x: 'u32' } } } as const;
    const hash = defineInterface('x', 1, plain).hash;
    expect(defineInterface('x', 1, commented).hash).toBe(hash);
    expect(defineInterface('x', 2, plain).hash).not.toBe(hash);
    expect(defineInterface('y', 1, plain).hash).not.toBe(hash);
    expect(defineInterface('x', 1, { a: { summary: '', fields: { x: 'i32' } } }).hash).not.toBe(hash);
    expect(defineInterface('x', 1, { a: { summary: '', fields: { y: 'u32' } } }).hash).not.toBe(hash);
  });

  it.each([
    ['a tail that is not last', 'x', 1, { a: { summary: '', fields: { t: 'u8[]', x: 'u8' } } }],
    ['an unknown type', 'x', 1, { a: { summary: '', fields: { t: 'u8[0]' } } }],
    ['a name of the view itself', 'x', 1, { a: { summary: '', fields: { at: 'u8' } } }],
    ['a keyword', 'x', 1, { a: { summary: '', fields: { class: 'u8' } } }],
    ['an interface name with capitals', 'X', 1, {}],
    ['a version of 0', 'x', 0, {}],
  ] as const)('refuses %s', (_what, name, version, list) => {
    expect(() => defineInterface(name, version, list)).toThrow(InterfaceError);
  });
});

describe('views', () => {
  it('read and write in place, with inferred types', () => {
    const buffer = new SharedArrayBuffer(64);
    const request = sample.messages.pageRequest.view(buffer).at(8);
    request.kind = 7;
    request.count = 0xfffffffe;
    request.cookie = 0x123456789abcdef0n;
    expectTypeOf(request.count).toEqualTypeOf<number>();
    expectTypeOf(request.cookie).toEqualTypeOf<bigint>();
    expectTypeOf(sample.messages.log.view(buffer).text).toEqualTypeOf<Uint8Array>();
    expect([...new Uint8Array(buffer, 8, 16)]).toEqual([
      7, 0, 0, 0, 254, 255, 255, 255, 240, 222, 188, 154, 120, 86, 52, 18,
    ]);
    expect([request.kind, request.count, request.cookie]).toEqual([7, 0xfffffffe, 0x123456789abcdef0n]);
    const address = sample.messages.address.view(buffer);
    address.delta = -5;
    address.when = -6n;
    address.vlan = 0xabcd;
    expect([address.delta, address.when, address.vlan]).toEqual([-5, -6n, 0xabcd]);
  });

  it('clear what an assigned array leaves over, and refuse what does not fit', () => {
    const buffer = new ArrayBuffer(64);
    new Uint8Array(buffer).fill(0xee);
    const address = sample.messages.address.view(buffer);
    address.mac = Uint8Array.of(1, 2, 3);
    expect([...address.mac]).toEqual([1, 2, 3, 0, 0, 0]);
    expect(() => (address.mac = new Uint8Array(7))).toThrow('mac takes at most 6 bytes');
    const log = sample.messages.log.view(buffer).at(0, sample.messages.log.size(2));
    log.text = Uint8Array.of(65, 66);
    expect([...log.text]).toEqual([65, 66]);
    expect(() => (log.text = new Uint8Array(3))).toThrow(InterfaceError);
    expect(() => log.at(0, 15)).toThrow('cannot hold log');
  });
});

describe('generateAssembly', () => {
  it('compiles, and its classes see what the views wrote', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drift-interface-'));
    try {
      writeFileSync(join(folder, 'sample.ts'), generateAssembly(sample));
      writeFileSync(
        join(folder, 'entry.ts'),
        `import { Address, Log, PageRequest, SAMPLE_HASH } from './sample';
         export function hash(): u64 { return SAMPLE_HASH; }
         export function ids(): u32 { return PageRequest.ID | Address.ID << 8 | Log.ID << 16; }
         export function sum(at: usize): u64 {
           const request = PageRequest.at(at);
           return u64(request.kind) + request.count + request.cookie;
         }
         export function fill(at: usize): void {
           const address = Address.at(at);
           memory.fill(address.mac, 9, Address.MAC_BYTES);
           address.vlan = 0x1234; address.delta = -1; address.when = -2;
         }
         export function tail(at: usize, length: u32): u32 {
           if (!Log.accepts(length)) return 0;
           return load<u8>(Log.at(at).text) << 16 | Log.textBytes(length);
         }`,
      );
      const { wasm } = await compileAssemblyScript({ entry: join(folder, 'entry.ts'), baseDir: folder });
      const memory = new WebAssembly.Memory({ initial: 1 });
      const instance = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(wasm)), { env: { memory } });
      const exports = instance.exports as Record<string, (...values: number[]) => number | bigint>;
      expect(BigInt.asUintN(64, exports['hash']?.() as bigint)).toBe(sample.hash);
      expect(exports['ids']?.()).toBe(0x030201);
      Object.assign(sample.messages.pageRequest.view(memory.buffer).at(256), { kind: 1, count: 20, cookie: 300n });
      expect(exports['sum']?.(256)).toBe(321n);
      exports['fill']?.(256);
      const { mac, vlan, delta, when } = sample.messages.address.view(memory.buffer).at(256);
      expect([[...mac], vlan, delta, when]).toEqual([[9, 9, 9, 9, 9, 9], 0x1234, -1, -2n]);
      sample.messages.log.view(memory.buffer).at(256, 19).text = Uint8Array.of(77, 1, 2);
      expect(exports['tail']?.(256, 19)).toBe((77 << 16) | 3);
      expect(exports['tail']?.(256, 15)).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(!gcc)('generateC (skipped without gcc: apt install gcc)', () => {
  let folder = '';
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'drift-interface-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('compiles without warnings; the offsets are asserted in it', () => {
    writeFileSync(join(folder, 'sample.h'), generateC(sample));
    writeFileSync(
      join(folder, 'main.c'),
      `#include "sample.h"
       int main(void) {
         return DRIFT_SAMPLE_HASH == 0x${sample.hash.toString(16)} && offsetof(struct drift_sample_log, text) == 16 ? DRIFT_SAMPLE_LOG_ID : 9;
       }`,
    );
    const built = spawnSync('gcc', ['-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror', 'main.c', '-o', 'main'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(built.stderr).toBe('');
    expect(spawnSync(join(folder, 'main')).status).toBe(3);
  });
});
