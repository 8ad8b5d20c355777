/** Disks of the host: files and web servers, against the bytes that are there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UrlDisk } from '../src/disk/url-disk.ts';
import { FileDisk } from '../src/node/index.ts';

const content = Uint8Array.from({ length: 100 * 512 }, (_, i) => (i * 5 + (i >> 9)) & 0xff);
const code = (value: string): Error => expect.objectContaining({ code: value }) as Error;

describe('file', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'drift-disk-'));
    path = join(folder, 'disk.img');
    writeFileSync(path, content);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('reads and writes sectors', () => {
    using disk = new FileDisk(path);
    const bytes = new Uint8Array(1024);
    disk.read(98, bytes);
    expect([disk.sectors, Buffer.compare(bytes, content.subarray(98 * 512))]).toEqual([100, 0]);
    disk.write(3, new Uint8Array(512).fill(0xab));
    disk.flush();
    expect(readFileSync(path)[3 * 512]).toBe(0xab);
    expect(() => disk.read(99, bytes)).toThrow(RangeError);
  });

  test('read-only', () => {
    using disk = new FileDisk(path, { readOnly: true });
    expect(() => disk.write(0, new Uint8Array(512))).toThrow('read-only');
  });

  test('what is no disk', () => {
    expect(() => new FileDisk(join(folder, 'none'))).toThrow(code('DISK_UNREADABLE'));
    writeFileSync(path, content.subarray(1));
    expect(() => new FileDisk(path)).toThrow(code('DISK_SIZE'));
  });
});

describe('URL', () => {
  let server: Server;
  let url: string;
  let requests: string[];
  let answer: 'ranges' | 'whole' | 'missing' | 'short';

  beforeEach(async () => {
    [requests, answer] = [[], 'ranges'];
    server = createServer((request, response) => {
      const range = request.headers.range ?? '';
      requests.push(range);
      const [first, last] = range.replace('bytes=', '').split('-').map(Number) as [number, number];
      if (answer === 'missing') response.writeHead(404).end();
      else if (answer === 'whole') response.writeHead(200).end(content);
      else {
        const end = answer === 'short' ? last : last + 1;
        response.writeHead(206, { 'content-range': `bytes ${first}-${last}/${content.length}` });
        response.end(content.subarray(first, end));
      }
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/disk.img`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test('fetches blocks, keeps some, and is done at once with those', async () => {
    const disk = await UrlDisk.open(url, { blockBytes: 2048, blocks: 3 });
    expect(disk.sectors).toBe(100);
    const bytes = new Uint8Array(6 * 512);
    await disk.read(3, bytes);
    expect(Buffer.compare(bytes, content.subarray(3 * 512, 9 * 512))).toBe(0);
    expect(requests).toEqual(['bytes=0-0', 'bytes=0-2047', 'bytes=2048-4095', 'bytes=4096-6143']);
    expect(disk.read(4, bytes.subarray(0, 512))).toBeUndefined();
    await disk.read(96, bytes.subarray(0, 2048));
    await disk.read(0, bytes.subarray(0, 512));
    expect(requests.slice(4)).toEqual(['bytes=49152-51199', 'bytes=0-2047']);
  });

  test('servers that do not help', async () => {
    answer = 'whole';
    await expect(UrlDisk.open(url)).rejects.toThrow(code('DISK_NO_RANGES'));
    answer = 'missing';
    await expect(UrlDisk.open(url)).rejects.toThrow(code('DISK_UNREADABLE'));
    await expect(UrlDisk.open('http://127.0.0.1:1/')).rejects.toThrow(code('DISK_UNREADABLE'));
  });

  test('a block that fails is asked for again', async () => {
    const disk = await UrlDisk.open(url, { blockBytes: 2048 });
    answer = 'short';
    const bytes = new Uint8Array(512);
    await expect(disk.read(0, bytes)).rejects.toThrow(code('DISK_UNREADABLE'));
    answer = 'ranges';
    await disk.read(0, bytes);
    expect(Buffer.compare(bytes, content.subarray(0, 512))).toBe(0);
  });
});
