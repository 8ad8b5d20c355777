/** The built page in a real Chromium: it boots, answers, and shows the same on both consoles. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
if (program === undefined)
  console.log('Skipped, Chromium is not installed (apt-get install chromium): the page in a browser.');

const dist = new URL('../dist/', import.meta.url).pathname;
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Serves the built files below a path, as somebody's web space would. */
async function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/^\/some\/path\//, '').replace(/\?.*/, '') || 'index.html';
    readFile(join(dist, path)).then(
      (body) => response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream').end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

describe.skipIf(program === undefined)('the page', { timeout: 120_000 }, () => {
  let server: Server;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    server = await serve();
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

  it('boots to the prompt, and says when', async () => {
    await expect.poll(text, { timeout: 60_000 }).toContain('drift>');
    await expect.poll(() => page.locator('#status').innerText(), { timeout: 10_000 }).toContain('at the prompt');
  });

  it('answers to help, and draws the answer on the screen too', async () => {
    const before = await page.locator('#screen').screenshot();
    await page.locator('#terminal').click();
    await page.keyboard.type('help\n');
    await expect.poll(text, { timeout: 20_000 }).toContain('poweroff');
    await expect
      .poll(async () => (await page.locator('#screen').screenshot()).equals(before), { timeout: 10_000 })
      .toBe(false);
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
