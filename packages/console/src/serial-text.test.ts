import { describe, expect, it } from 'vitest';
import { SerialText } from './serial-text.ts';

const newText = (): SerialText => new SerialText((code, message) => Object.assign(new Error(message), { code }));

describe('SerialText', () => {
  it('finds text that came before and text that comes later, each once', async () => {
    const serial = newText();
    serial.append('boot\ndrift> ');
    expect((await serial.waitFor('drift> ')).text).toBe('boot\ndrift> ');
    const second = serial.waitFor('drift> ');
    serial.append('mem\r\n12 pages\r\ndri');
    serial.append('ft> ');
    expect((await second).text).toBe('mem\r\n12 pages\r\ndrift> ');
  });

  it('gives the groups of a RegExp, sticky or global or not', async () => {
    const serial = newText();
    serial.append('free 12 pages, used 30 pages\n');
    expect((await serial.waitFor(/([0-9]+) pages/g)).match).toEqual(['12 pages', '12']);
    expect((await serial.waitFor(/([0-9]+) pages/y)).match).toEqual(['30 pages', '30']);
  });

  it('lets one wait for the good and the bad end at once', async () => {
    const serial = newText();
    const ends = Promise.race([serial.waitFor('drift> '), serial.waitFor('PANIC', { timeout: 50 })]);
    serial.append('Drift 0.1\r\nPANIC: no memory');
    expect((await ends).text).toBe('Drift 0.1\r\nPANIC');
    await expect(serial.waitFor('no memory', { timeout: 10 })).resolves.toMatchObject({ text: ': no memory' });
  });

  it('rejects after the timeout with the last lines, and later waiters still work', async () => {
    const serial = newText();
    serial.append('one\ntwo\n');
    const error = await serial.waitFor('three', { timeout: 10 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'TIMEOUT', message: expect.stringMatching(/"three".*10 ms.*one\ntwo$/s) });
    expect((await serial.waitFor('two', { timeout: 10 })).match).toEqual(['two']);
  });

  it('rejects when the machine ends, but not what had already come', async () => {
    const serial = newText();
    serial.append('last words');
    serial.end('the machine ended (exit code 1)');
    await expect(serial.waitFor('words')).resolves.toMatchObject({ match: ['words'] });
    await expect(serial.waitFor('more')).rejects.toMatchObject({ code: 'MACHINE_ENDED' });
  });

  it('iterates from the start, for several readers', async () => {
    const serial = newText();
    serial.append('a');
    const read = async (): Promise<string> => {
      let text = '';
      for await (const chunk of serial) text += chunk;
      return text;
    };
    const readers = [read(), read()];
    setTimeout(() => serial.append('b'), 1);
    setTimeout(() => serial.end('done'), 5);
    expect(await Promise.all(readers)).toEqual(['ab', 'ab']);
  });
});
