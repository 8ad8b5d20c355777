/** Bytes that are mostly no instruction: the Cpu against the processor this runs on. */
import { expect, test } from 'vitest';
import { compareBytes } from './conformance/compare-bytes.ts';
import { nativeIsAvailable } from './conformance/native.ts';

if (!nativeIsAvailable) {
  console.log('skipped: random-bytes.slow.ts needs Linux on amd64 and gcc (apt-get install gcc libc6-dev)');
}

const STRINGS = 20_000;

test.skipIf(!nativeIsAvailable)('random bytes end in the same exception, or have the same length', async () => {
  const { compared, vectors, wrong } = await compareBytes(1, STRINGS);
  const counts = [...vectors].map(([vector, count]) => `${count} of vector ${vector}`).join(', ');
  console.log(`${compared} of ${STRINGS} compared: ${counts}`);
  expect(wrong.slice(0, 10)).toEqual([]);
  expect(compared).toBeGreaterThan(STRINGS * 0.9);
});
