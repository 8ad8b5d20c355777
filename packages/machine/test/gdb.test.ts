/** gdb's protocol, spoken by hand: what gdb sends, and what it makes of the answers, as its manual says. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMachine, GdbStub, type Machine } from '../src/index.ts';
import { serveGdb } from '../src/node/index.ts';
import { echoDisk } from './echo-disk.ts';

const BOOT_SECTOR = '7c00';
/** Where the boot sector counts. */
const COUNT = '500';
/** rip is the 17th register of 8 bytes. */
const RIP = '10';

let machine: Machine;
let client: Client;

beforeEach(async () => {
  machine = await createMachine({ cores: 2, memory: '16M', time: 'virtual', disks: [echoDisk()], paused: true });
  client = new Client();
  client.stub = new GdbStub(machine, (bytes) => client.received(bytes));
});
afterEach(() => machine.stop());

describe("gdb's remote protocol", () => {
  it('acknowledges packets until it is told not to, and asks again for damaged ones', async () => {
    expect(await client.ask('qSupported:swbreak+')).toMatch(/PacketSize=[0-9a-f]+;.*QStartNoAckMode\+/);
    expect(client.taken()).toMatch(/^\+\$/);
    client.stub?.receive(Buffer.from('$?#00'));
    expect(client.taken()).toBe('-');
    client.stub?.receive(Buffer.from('-'));
    expect(client.taken()).toMatch(/^\$PacketSize/);
    expect(await client.ask('QStartNoAckMode')).toBe('OK');
    client.taken();
    expect(await client.ask('vMustReplyEmpty')).toBe('');
    expect(client.taken()).toBe('$#00');
  });

  it('describes its registers, and reads and writes each of them', async () => {
    const parts: string[] = [];
    for (let offset = 0; parts.at(-1)?.startsWith('l') !== true; offset += 4000) {
      parts.push(await client.ask(`qXfer:features:read:target.xml:${offset.toString(16)},${(4000).toString(16)}`));
    }
    const description = parts.map((part) => part.slice(1)).join('');
    const registers = [...description.matchAll(/<reg name="(\w+)" bitsize="(\d+)" type="\w+" regnum="(\d+)"/g)];
    const names = registers.map(([, name]) => name);
    for (const name of [
      'rax',
      'rip',
      'eflags',
      'gs',
      'st7',
      'fop',
      'xmm15',
      'mxcsr',
      'fs_base',
      'ymm0h',
      'cr3',
      'efer',
    ]) {
      expect(names).toContain(name);
    }
    const bits = registers.reduce((sum, [, , each]) => sum + Number(each), 0);
    expect(await client.ask('g')).toHaveLength(bits / 4);
    expect(names[Number.parseInt(RIP, 16)]).toBe('rip');
    for (const [, name = '', size, number] of registers) {
      if (['cr0', 'cr4', 'efer', 'cr8'].includes(name)) continue;
      // Tags are two bits: 3 is empty.
      const value = (name === 'ftag' ? '03' : '02').padEnd(Number(size) / 4, '0');
      expect(await client.ask(`P${Number(number).toString(16)}=${value}`), name).toBe('OK');
      expect(await client.ask(`p${Number(number).toString(16)}`), name).toBe(value);
    }
    expect(machine.registers().get('r15')).toBe(2n);
    const all = (await client.ask('g')).replace(/^02/, '07');
    expect(await client.ask(`G${all}`)).toBe('OK');
    expect(machine.registers().get('rax')).toBe(7n);
    expect(await client.ask('pffff')).toBe('E22');
  });

  it('reads and writes memory, and says what is not there', async () => {
    expect(await client.ask('M1000,2:abcd')).toBe('OK');
    expect(await client.ask('X1002,2:}\x03}]')).toBe('OK');
    expect(await client.ask('m1000,4')).toBe('abcd237d');
    expect(await client.ask('me0000000,4')).toBe('E14');
    expect(await client.ask('M20000000,1:00')).toBe('E14');
    expect(await client.ask('Mfffffff0,1:00')).toBe('E14');
    expect(await client.ask('mx,4')).toBe('E22');
  });

  it('stops at breakpoints of both kinds, steps, and goes on', async () => {
    expect(await client.ask('?')).toBe('T02thread:01;');
    expect(await client.ask(`Z0,${BOOT_SECTOR},1`)).toBe('OK');
    expect(await client.ask('vCont;c')).toBe('T05thread:01;swbreak:;');
    expect(await client.ask(`p${RIP}`)).toBe('007c000000000000');
    expect(await client.ask('vCont;s:1;c')).toBe('T05thread:01;');
    expect(await client.ask('s')).toBe('T05thread:01;');
    // cli and xor ax, ax: three bytes.
    expect(await client.ask(`p${RIP}`)).toBe('037c000000000000');
    expect(await client.ask(`z0,${BOOT_SECTOR},1`)).toBe('OK');
    expect(await client.ask('Z1,7c05,1')).toBe('OK');
    expect(await client.ask('c')).toBe('T05thread:01;hwbreak:;');
    expect(await client.ask('Z9,0,1')).toBe('');
  });

  it('stops behind what touches watched memory', async () => {
    await client.ask(`Z2,${COUNT},1`);
    expect(await client.ask('c')).toBe(`T05thread:01;watch:${COUNT};`);
    await client.ask(`z2,${COUNT},1`);
    await client.ask(`Z4,${COUNT},1`);
    machine.send('a');
    expect(await client.ask('c')).toBe(`T05thread:01;awatch:${COUNT};`);
    expect(await client.ask(`m${COUNT},1`)).toBe('01');
    await client.ask(`z4,${COUNT},1`);
    await client.ask(`Z3,${COUNT},1`);
    expect(await client.ask('c')).toBe(`T05thread:01;rwatch:${COUNT};`);
  });

  it('shows cores as threads', async () => {
    expect(await client.ask('qfThreadInfo')).toBe('m1,2');
    expect(await client.ask('qsThreadInfo')).toBe('l');
    expect(Buffer.from(await client.ask('qThreadExtraInfo,2'), 'hex').toString()).toBe('core 1, waitForStartup');
    expect([await client.ask('T2'), await client.ask('T3')]).toEqual(['OK', 'E22']);
    machine.registers(1).set('rax', 0x1234);
    expect(await client.ask('Hg2')).toBe('OK');
    expect(await client.ask('p0')).toBe('3412000000000000');
    expect(await client.ask('qC')).toBe('QC2');
    expect(await client.ask('Hg3')).toBe('E22');
  });

  it('stops at Ctrl-C, and lets go', async () => {
    await client.ask(`Z0,${BOOT_SECTOR},1`);
    const stopped = client.ask('c');
    await stopped;
    const interrupted = client.ask('c');
    client.stub?.receive(Uint8Array.of(3));
    expect(await interrupted).toBe('T02thread:01;');
    expect(machine.running).toBe(false);
    expect(await client.ask('D')).toBe('OK');
    machine.send('a');
    await machine.waitFor('a1');
  });

  it('has monitor commands, and tells of the end', async () => {
    const command = Buffer.from('reset').toString('hex');
    expect(Buffer.from(await client.ask(`qRcmd,${command}`), 'hex').toString()).toContain('was reset');
    const ended = client.ask('c');
    machine.send('x');
    expect(await ended).toBe('W2b');
    expect((await machine.ended).reason).toBe('exit');
  });
});

it('is served on loopback, to one gdb at a time; when gdb goes, the machine goes on', async () => {
  await using server = await serveGdb(machine, 0);
  const first = connect(server.port, '127.0.0.1');
  await new Promise((resolve) => {
    first.once('data', resolve);
    first.write('$?#3f');
  });
  const second = connect(server.port, '127.0.0.1');
  second.on('error', () => {});
  await new Promise((resolve) => second.once('close', resolve));
  expect(machine.running).toBe(false);
  first.destroy();
  await machine.waitFor('R');
});

/** Asks, and takes the answer out of its packet. */
class Client {
  stub: GdbStub | undefined;
  #bytes = '';
  #answered: () => void = () => {};

  received(bytes: Uint8Array): void {
    this.#bytes += Buffer.from(bytes).toString('latin1');
    this.#answered();
  }

  /** What has come since the last call. */
  taken(): string {
    const taken = this.#bytes;
    this.#bytes = '';
    return taken;
  }

  async ask(packet: string): Promise<string> {
    this.taken();
    const body = Buffer.from(packet, 'latin1');
    const sum = body.reduce((total, byte) => (total + byte) & 0xff, 0);
    const answer = new Promise<string>((resolve) => {
      this.#answered = () => {
        const found = /\$([^#]*)#([0-9a-f]{2})$/.exec(this.#bytes);
        if (found !== null) resolve(found[1] ?? '');
      };
    });
    this.stub?.receive(Buffer.concat([Buffer.from('$'), body, Buffer.from(`#${sum.toString(16).padStart(2, '0')}`)]));
    return answer;
  }
}
