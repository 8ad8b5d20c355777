/** The built page in a real Chromium: it boots, answers, and its screen shows, to the pixel, what the same machine shows without a browser. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { createMachine } from '@drift-os/machine';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
if (program === undefined)
  console.log('Skipped, Chromium is not installed (apt-get install chromium): the page in a browser.');

const dist = new URL('../dist/', import.meta.url).pathname;
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** With these the page may have threads that share memory. */
const ISOLATION = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** Serves the built files below a path, and nothing beside it, as somebody's web space would. */
async function serve(headers: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer((request, response) => {
    response.setHeaders(new Map(Object.entries(headers)));
    const [, name] = /^\/some\/path\/([^?]*)/.exec(request.url ?? '') ?? [];
    if (name === undefined) return void response.writeHead(404).end();
    const path = name || 'index.html';
    readFile(join(dist, path)).then(
      (body) => response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream').end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** What the page boots on; see src/main.ts. */
const HARDWARE = { cores: 4, memory: '128M' } as const;
/** The VGA's cells in its text mode, in pixels. */
const CELL = { width: 9, height: 16 };

interface Image {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha. */
  readonly pixels: Uint8Array | Uint8ClampedArray;
}

const squeeze = (text: string): string => text.replaceAll(/\s/g, '');

/** @returns which cells differ; nothing where at most one does, in lines that a cursor covers when it blinks */
function difference(seen: Image, expected: Image | undefined): string {
  if (expected === undefined) return 'the reference has no picture';
  const { width, height } = expected;
  if (seen.width !== width || seen.height !== height)
    return `${seen.width} by ${seen.height}, not ${width} by ${height}`;
  const cells = new Map<string, Set<number>>();
  for (let at = 0; at < expected.pixels.length; at++) {
    if (seen.pixels[at] === expected.pixels[at]) continue;
    const [x, y] = [(at >> 2) % width, Math.floor((at >> 2) / width)];
    const cell = `column ${Math.floor(x / CELL.width)} of row ${Math.floor(y / CELL.height)}`;
    cells.set(cell, (cells.get(cell) ?? new Set()).add(y % CELL.height));
  }
  const cursor =
    cells.size === 1 && [...cells.values()].every((rows) => [...rows].every((row) => row >= CELL.height - 3));
  return cursor ? '' : [...cells.keys()].join(', ');
}

describe.skipIf(program === undefined).each([
  ['in one thread', {}, /^Four cores in one thread .* at the prompt/],
  ['with a Worker for each core', ISOLATION, /^Four cores, each on a Worker, .* at the prompt/],
] as const)('the page, %s', { timeout: 240_000 }, (_, headers, started) => {
  let server: Server;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    server = await serve(headers);
    const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
    browser = await chromium.launch({ executablePath: program as string, args });
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/some/path/`);
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    server.close();
  });

  /** What the terminal shows. */
  const text = (): Promise<string> => page.locator('.xterm-rows').innerText();

  /** The canvas' own pixels: not scaled to the page, nor changed by it. */
  async function canvas(): Promise<Image> {
    const { width, height, base64 } = await page.evaluate(() => {
      const element = document.getElementById('screen') as HTMLCanvasElement;
      const { width, height } = element;
      const { data } = element.getContext('2d')?.getImageData(0, 0, width, height) as ImageData;
      let binary = '';
      for (let at = 0; at < data.length; at += 0x8000) binary += String.fromCharCode(...data.subarray(at, at + 0x8000));
      return { width, height, base64: btoa(binary) };
    });
    return { width, height, pixels: Buffer.from(base64, 'base64') };
  }

  it('boots to the prompt, and says when', async () => {
    await expect.poll(text, { timeout: 120_000 }).toContain('drift>');
    await expect.poll(() => page.locator('#status').innerText(), { timeout: 10_000 }).toMatch(started);
  });

  it('answers to help, and draws what the same machine draws in Node', async () => {
    await page.locator('#terminal').click();
    await page.keyboard.type('help\n');
    await expect.poll(text, { timeout: 20_000 }).toContain('poweroff');

    await using reference = await createMachine({ ...HARDWARE, disks: [await readFile(join(dist, 'drift.img'))] });
    await reference.waitFor('drift> ', { timeout: 60_000 });
    reference.send('help\r');
    await reference.waitFor('drift> ', { timeout: 60_000 });
    const expected = reference.screenText();
    expect(expected).toMatch(/poweroff[^]*drift>$/);
    // The terminal shows the end of it, in lines of its own width.
    expect(squeeze(reference.output).endsWith(squeeze(await text()))).toBe(true);
    await expect.poll(async () => difference(await canvas(), reference.screenshot()), { timeout: 10_000 }).toBe('');
  });

  it('takes keys on the screen', async () => {
    await page.locator('#screen').click();
    await page.keyboard.type('echo keyboard-of-the-pc\n');
    await expect.poll(text, { timeout: 20_000 }).toMatch(/keyboard-of-the-pc[\s\S]*keyboard-of-the-pc/);
  });

  it('had no error on the way', () => {
    expect(problems).toEqual([]);
  });
});
