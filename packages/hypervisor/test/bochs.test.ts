import { describe, expect, it } from 'vitest';
import { bochsProgram, findCommand, runOnBochs } from '../src/index.ts';
import { echoGuest } from './guest.ts';
import { killers, survives } from './survival.ts';

const bochs = await findCommand(bochsProgram.command);
if (bochs === undefined)
  console.log('Skipped, Bochs is not installed (apt-get install bochs bochsbios vgabios): runs on Bochs.');

describe.skipIf(bochs === undefined)('Bochs', () => {
  it('runs a guest: serial text both ways, the screen twice, power-off', { timeout: 60_000 }, async () => {
    await using machine = await runOnBochs({ image: echoGuest(), memory: '64M' });
    await machine.waitFor('hello from ring 0\r\n');
    expect(await machine.screenText()).toMatch(/^hello from ring 0♪◙/);
    const typed = 'The quick brown fox jumps over the lazy dog, again and again';
    await machine.send(typed);
    await machine.waitFor('again and again');
    expect(await machine.screenText()).toMatch(/^hello from ring 0♪◙/);
    await machine.send('.');
    expect(await machine.exitStatus).toEqual({ code: 0, signal: null, messages: '' });
    expect(machine.output).toBe(`hello from ring 0\r\n${typed}`);
  });

  it('tells a guest that failed from one that powered off', { timeout: 60_000 }, async () => {
    await using machine = await runOnBochs({ image: echoGuest(), memory: '64M' });
    await machine.waitFor('ring 0\r\n');
    await machine.send('!');
    const status = await machine.exitStatus;
    expect(status.code).not.toBe(0);
    expect(status.messages).toContain('3rd');
  });

  it.each(killers)('ends Bochs when this process is ended by %s', async (signal) => {
    expect(await survives('bochs', signal)).toBe(false);
  });
});
