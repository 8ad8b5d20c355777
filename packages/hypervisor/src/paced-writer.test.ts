import { expect, it } from 'vitest';
import { BURST_BYTES, BURST_INTERVAL, PacedWriter } from './paced-writer.ts';

it('never overfills a 16-byte FIFO that is emptied between bursts, and keeps the order', async () => {
  const bursts: { readonly at: number; readonly text: string }[] = [];
  const writer = new PacedWriter(async (bytes) => {
    bursts.push({ at: performance.now(), text: new TextDecoder().decode(bytes) });
  });
  const encoder = new TextEncoder();
  await Promise.all([writer.send(encoder.encode('abcdefghijklmnopqrstuvwxyz')), writer.send(encoder.encode('0123'))]);
  expect(bursts.map((burst) => burst.text).join('')).toBe('abcdefghijklmnopqrstuvwxyz0123');
  expect(Math.max(...bursts.map((burst) => burst.text.length))).toBeLessThanOrEqual(BURST_BYTES);
  const gaps = bursts.slice(1).map((burst, index) => burst.at - (bursts[index]?.at ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(BURST_INTERVAL - 1.5);
});

it('goes on after a sink that failed', async () => {
  const taken: string[] = [];
  const writer = new PacedWriter(async (bytes) => {
    const text = new TextDecoder().decode(bytes);
    if (text === 'bad') throw new Error('refused');
    taken.push(text);
  });
  await expect(writer.send(new TextEncoder().encode('bad'))).rejects.toThrow('refused');
  await writer.send(new TextEncoder().encode('good'));
  expect(taken).toEqual(['good']);
});
