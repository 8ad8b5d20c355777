/** The layouts: the diagram in each file's comment agrees with its constants, and nothing lies on anything else. */
import { readFile } from 'node:fs/promises';
import { RING_STATE_BYTES } from '@drift-os/ring/layout/ring';
import { expect, test } from 'vitest';
import * as context from '../layout/application-context.ts';
import * as bootInfo from '../layout/boot-info.ts';
import * as map from '../layout/memory-map.ts';
import * as messages from '../layout/messages.ts';
import * as trampoline from '../layout/trampoline.ts';
import * as worker from '../layout/worker-block.ts';

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** Reads `16  u32 name` out of a diagram, up to its first empty line; a hexadecimal offset at the start is the base of what follows. */
function diagram(source: string): Field[] {
  const text = source.slice(source.indexOf('```') + 3, source.lastIndexOf('```'));
  const fields: Field[] = [];
  let base = 0;
  for (const line of text.split('\n')) {
    if (line === ' *') break;
    const region = /^ \* (0x[0-9a-f]+) /.exec(line);
    if (region !== null) base = Number(region[1]);
    for (const [, offset, bits, name] of line.matchAll(/(?<![\w(])(\d+)\s+u(32|64)\s+(\w+)/g)) {
      fields.push({ name: name as string, offset: base + Number(offset), bytes: Number(bits) / 8 });
    }
  }
  return fields;
}

function overlaps(fields: readonly Field[]): string[] {
  const sorted = [...fields].sort((a, b) => a.offset - b.offset);
  return sorted.flatMap((field, index) => {
    const next = sorted[index + 1];
    return next !== undefined && field.offset + field.bytes > next.offset ? [`${field.name} and ${next.name}`] : [];
  });
}

const blocks = [
  ['application-context', context, context.APPLICATION_GLOBALS],
  ['boot-info', bootInfo, map.PAGE_BYTES],
  ['trampoline', trampoline, 64],
  ['worker-block', worker, worker.WORKER_GLOBALS],
] as const;

for (const [name, constants, limit] of blocks) {
  test(`${name}: fields are where the diagram says, side by side`, async () => {
    const fields = diagram(await readFile(new URL(`../layout/${name}.ts`, import.meta.url), 'utf8'));
    expect(fields.length).toBeGreaterThan(7);
    expect(overlaps(fields)).toEqual([]);
    const places = new Set<number>(
      Object.entries(constants)
        .filter(([key]) => key.endsWith('_AT'))
        .map(([, value]) => value),
    );
    const missing = fields.filter(({ name: field, offset }) => field !== 'reserved' && !places.has(offset));
    expect(missing).toEqual([]);
    for (const { offset, bytes } of fields) expect(offset + bytes).toBeLessThanOrEqual(limit);
  });
}

test('application context: the regions follow each other', () => {
  const ends = [
    [context.APPLICATION_GLOBALS_BYTES_AT + 4, context.APPLICATION_PAIR],
    [context.APPLICATION_PAIR + 2 * RING_STATE_BYTES, context.APPLICATION_ARGUMENT],
    [context.CHANNEL_END_ROOM_AT + 12, context.CHANNEL_END_PAIR_AT],
    [context.CHANNEL_END_PAIR_AT + 2 * RING_STATE_BYTES, context.CHANNEL_END_BYTES],
    [context.APPLICATION_ARGUMENT + context.APPLICATION_ARGUMENT_LIMIT, context.APPLICATION_GLOBALS],
  ];
  for (const [end, next] of ends) expect(end).toBeLessThanOrEqual(next as number);
  expect(context.APPLICATION_ARGUMENT_LIMIT).toBe(messages.ARGUMENT_LIMIT);
});

test('worker block: lines of different writers are 128 bytes apart', () => {
  const writers = [
    worker.WORKER_MAGIC_AT,
    worker.WORKER_FLUSH_REQUESTED_AT,
    worker.WORKER_STATE_AT,
    worker.WORKER_DOORBELL_AT,
  ];
  for (const start of writers) expect(start % 128).toBe(0);
  expect(worker.WORKER_STAND_OFF_AT + worker.STAND_OFF_BYTES).toBeLessThanOrEqual(worker.WORKER_STATE_AT);
  expect(worker.WORKER_CURRENT_MODULE_AT + 4).toBeLessThanOrEqual(worker.WORKER_DOORBELL_AT);
  expect(worker.WORKER_CRASH_CR3_AT + 8).toBeLessThanOrEqual(worker.WORKER_GLOBALS);
});

test('memory map: what stands there before the ledger does not overlap', () => {
  const regions: Field[] = [
    { name: 'trampoline', offset: map.TRAMPOLINE, bytes: map.PAGE_BYTES },
    { name: 'boot information', offset: map.BOOT_INFO, bytes: map.PAGE_BYTES },
    { name: 'boot sector', offset: map.BOOT_SECTOR, bytes: 512 },
    { name: 'loader', offset: map.LOADER, bytes: 512 },
    { name: 'disk buffer', offset: map.DISK_BUFFER, bytes: map.DISK_BUFFER_BYTES },
    { name: 'page tables', offset: map.LOADER_PAGE_TABLES, bytes: 6 * map.PAGE_BYTES },
    { name: 'VGA text', offset: map.VGA_TEXT, bytes: 0x8000 },
    { name: 'kernel-c data', offset: map.KERNEL_C_DATA, bytes: map.KERNEL_C_DATA_LIMIT },
    { name: 'kernel-w data', offset: map.KERNEL_W_DATA, bytes: map.KERNEL_W_DATA_LIMIT },
    { name: 'image', offset: map.IMAGE, bytes: 0 },
  ];
  expect(overlaps(regions)).toEqual([]);
  expect(map.LOADER_STACK_TOP).toBeLessThanOrEqual(map.LOADER_PAGE_TABLES);
});

test('values of one kind are distinct', () => {
  for (const prefix of ['LOG_', 'PURPOSE_', 'PROTECTION_', 'APPLICATION_', 'STATUS_', 'ROLE_']) {
    const values = Object.entries(messages)
      .filter(([key]) => key.startsWith(prefix) && !key.endsWith('_LIMIT'))
      .map(([, value]) => value);
    expect(values.length).toBeGreaterThan(1);
    expect(new Set(values).size).toBe(values.length);
  }
});
