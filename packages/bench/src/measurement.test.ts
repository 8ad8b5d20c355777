import { describe, expect, it } from 'vitest';
import { compare, type Measurement, readMeasurement } from './measurement.ts';
import { reportText } from './report.ts';

const one = (implementation: 'drift' | 'c', nanoseconds: number): Measurement => {
  return { implementation, workload: 'words', count: 100, nanoseconds };
};

describe('measurements', () => {
  it('reads what the harnesses print, and nothing else', () => {
    expect(readMeasurement('drift words 100 250')).toEqual(one('drift', 250));
    expect(readMeasurement('[ 0.123] ring-left: ring-bench: c words 100 250\r')).toEqual(one('c', 250));
    expect(readMeasurement('drift> ')).toBeUndefined();
    expect(readMeasurement('drift words many 250')).toBeUndefined();
  });

  it('takes minimum and median of one operation, and the ratios', () => {
    const all = [one('drift', 400), one('drift', 200), one('drift', 300), one('c', 100), one('c', 300)];
    const words = compare(all).find(({ workload }) => workload === 'words');
    expect(words).toEqual({
      workload: 'words',
      drift: { rounds: 3, minimum: 2, median: 3 },
      c: { rounds: 2, minimum: 1, median: 2 },
      ratio: { minimum: 2, median: 1.5 },
    });
  });

  it('leaves out what was not measured', () => {
    const text = reportText('Here', compare([one('drift', 250)]));
    expect(text).toMatch(/^Here\n/);
    expect(text).toMatch(/^words, one by one +2\.50 ns +2\.50 ns +400\.0 M\/s +- +- +- +-$/m);
    expect(text).toMatch(/^round trip of a word( +-){7}$/m);
  });
});
