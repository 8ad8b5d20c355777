import { expect, it } from 'vitest';
import { RING_DATA_AT, RING_MAGIC } from '../../layout/ring.ts';
import { generateRingLayoutC } from '../index.ts';

it('has every constant, as an unsigned literal', () => {
  const header = generateRingLayoutC();
  const defines = new Map(
    [...header.matchAll(/^#define (DRIFT_\w+) (0x[0-9a-f]+)u$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
  expect(defines.get('DRIFT_RING_MAGIC')).toBe(RING_MAGIC);
  expect(defines.get('DRIFT_RING_DATA_AT')).toBe(RING_DATA_AT);
  expect(defines.get('DRIFT_RECORD_WRAP')).toBe(0xffffffff);
  expect(header.match(/#define/g)?.length).toBe(defines.size + 1);
});
