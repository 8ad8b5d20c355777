/** The mouse of the machine's user, and what a guest's driver gets of it through the ports of the 8042: packets of 3 bytes, or 4 with a wheel. */
import { describe, expect, it } from 'vitest';
import { createMachine, type Machine, type MouseButton } from '../src/index.ts';
import { mouseDisk } from './mouse-disk.ts';

async function boot(wheel: boolean): Promise<Machine> {
  const machine = await createMachine({ memory: '16M', time: 'virtual', disks: [mouseDisk({ wheel })] });
  await machine.waitFor('ready ');
  return machine;
}

/** First byte: always 08h, left 1, right 2, middle 4, sign of x 10h, sign of y 20h. Then x and y, upwards, and the wheel. */
describe('the mouse', () => {
  it('moves, up being positive for the guest', async () => {
    await using machine = await boot(false);
    expect(machine.output).toBe('fa 00 fa ready ');
    machine.mouse.move(5, 0);
    await machine.waitFor('08 05 00 ');
    machine.mouse.move(-2, 3);
    await machine.waitFor('38 fe fd ');
    machine.mouse.move(0, -7);
    await machine.waitFor('08 00 07 ');
  });

  it('moves further than a packet tells, in several', async () => {
    await using machine = await boot(false);
    machine.mouse.move(300, 0);
    await machine.waitFor('08 ff 00 08 2d 00 ');
  });

  it('has three buttons, which stay held while it moves', async () => {
    await using machine = await boot(false);
    machine.mouse.button('left', true);
    machine.mouse.button('middle', true);
    machine.mouse.move(1, 0);
    machine.mouse.button('left', false);
    machine.mouse.button('middle', false);
    machine.mouse.click('right');
    await machine.waitFor('09 00 00 0d 00 00 0d 01 00 0c 00 00 08 00 00 0a 00 00 08 00 00 ');
  });

  it('has a wheel for a guest that asks for one', async () => {
    await using machine = await boot(true);
    // An acknowledgement for each byte of the knock and for F2h, the ID of a mouse with a wheel, an acknowledgement for F4h.
    expect(machine.output).toBe('fa fa fa fa fa fa fa 03 fa ready ');
    machine.mouse.wheel(1);
    await machine.waitFor('08 00 00 01 ');
    machine.mouse.wheel(-2);
    await machine.waitFor('08 00 00 fe ');
  });

  it('says what it cannot do', async () => {
    await using machine = await boot(false);
    expect(() => machine.mouse.move(0.5, 0)).toThrow(/whole counts; 0\.5 is none/);
    expect(() => machine.mouse.button('fourth' as MouseButton, true)).toThrow(
      /no button "fourth".*left, right and middle/,
    );
  });
});
