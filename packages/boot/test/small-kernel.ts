/** Images whose kernel is a few instructions of assembler: what boot code does is seen without the real kernels. */
import { MODULE_KERNEL_C, MODULE_KERNEL_W } from '@drift-os/abi/layout/image-directory';
import {
  ah,
  al,
  Assembler,
  dx,
  type LinkedImage,
  linkImage,
  type ObjectModule,
  type Operand,
  rsi,
  type SymbolReference,
} from '@drift-os/toolchain';
import { CONTROL_STACK } from '../src/entry/control-entry.ts';
import { ENTRIES, entryObjects } from '../src/entry/entry-objects.ts';

/** The kernel being written: an assembler with a way to speak and to compare. */
export class SmallKernel {
  readonly a: Assembler = new Assembler({ name: 'kernel-c' });
  readonly #texts: string[] = [];
  #checks = 0;

  /** Prints `text` on COM1. Changes rsi, ax, dx. */
  say(text: string): this {
    const label = `text${this.#texts.push(text)}`;
    this.a.emit('mov', rsi, this.a.ref(label)).emit('call', this.a.ref('say'));
    return this;
  }

  /** Goes on when `left` equals `right`, else says what is wrong and stops. */
  expect(left: Operand, right: Operand, what: string): this {
    const good = `good${this.#checks++}`;
    this.a.emit('cmp', left, right).emit('je', this.a.ref(good));
    return this.say(`wrong: ${what}\r\n`).stop().label(good);
  }

  stop(): this {
    const halt = this.a.here();
    this.a.emit('cli').emit('hlt').emit('jmp', halt);
    return this;
  }

  label(name: string): this {
    this.a.label(name);
    return this;
  }

  ref(name: string): SymbolReference {
    return this.a.ref(name);
  }

  finish(): ObjectModule {
    const { a } = this;
    // Waits until the transmitter is empty (line status, bit 5) before each character.
    a.section('text').label('say').emit('lodsb').emit('test', al, al).emit('je', a.ref('said')).emit('mov', ah, al);
    a.emit('mov', dx, 0x3fd).label('full').emit('in', al, dx).emit('test', al, 0x20).emit('je', a.ref('full'));
    a.emit('mov', dx, 0x3f8).emit('mov', al, ah).emit('out', dx, al).emit('jmp', a.ref('say'));
    a.label('said').emit('ret');
    a.section('rodata');
    for (const [index, text] of this.#texts.entries())
      a.label(`text${index + 1}`)
        .ascii(text)
        .bytes(0);
    return a.finish();
  }
}

/**
 * An image whose Thread/C is what `write` makes of kernel-c.kmain (and, if it defines it, kernel-c.interrupt). Its Thread/W is
 * empty unless `write` defines `kernel-w.kmain` as global in the same object.
 */
export function smallImage(write: (kernel: SmallKernel) => void): LinkedImage {
  const kernel = new SmallKernel();
  kernel.a.label('kernel-c.kmain', 'function').global('kernel-c.kmain');
  write(kernel);
  const kernelC = kernel.finish();
  const defined = new Set(kernelC.symbols.map(({ name }) => name));
  const rest = new Assembler({ name: 'kernel-w' });
  for (const name of ['kernel-c.interrupt', 'kernel-w.kmain']) {
    if (!defined.has(name)) rest.label(name, 'function').global(name).emit('ret');
  }
  const kernelW = rest.finish();
  return linkImage([...entryObjects(kernelC, kernelW), kernelC, kernelW], {
    modules: [
      { name: 'kernel-c', kind: MODULE_KERNEL_C },
      { name: 'kernel-w', kind: MODULE_KERNEL_W },
    ],
    buildName: 'test',
    configuration: '',
    entries: ENTRIES,
    controlStack: CONTROL_STACK,
  });
}

/** Says `up` and stops. */
export const greeting: LinkedImage = smallImage((kernel) => kernel.say('up\r\n').stop());
