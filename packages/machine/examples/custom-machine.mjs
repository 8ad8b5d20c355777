// A machine of one's own: two cores, a serial port, and a device that is none of a PC's. The second core gives the device a letter, the device makes
// a capital of it, and the first core fetches it and prints it.
import { createMachine } from '@drift-os/machine';
import { al, Assembler, ax, ds, dx, eax, ecx, edx, mem32 } from '@drift-os/toolchain';

const BOOT_SECTOR = 0x7c00;
/** Where the second core starts: page 7. */
const SECOND_CORE = 0x7000;
const MAILBOX = 0x5a0;
const COM1 = 0x3f8;
const APIC_BASE = 0x1b;
const X2APIC_ICR = 0x830;
const X2APIC_ENABLE = 0xc00;
/** To all cores but this one. */
const INIT = 0xc4500;
const STARTUP = 0xc4600 + SECOND_CORE / 4096;

/** @type {import('@drift-os/machine').AttachDevice} */
function mailbox({ ports }) {
  let letter = 0;
  ports('mailbox', MAILBOX, 1, {
    readPort: () => letter,
    writePort: (_port, _bytes, value) => {
      letter = String.fromCharCode(value).toUpperCase().charCodeAt(0);
    },
  });
  return undefined;
}

function disk() {
  const a = new Assembler({ name: 'cores', mode: 16 });
  a.section('text', { address: BOOT_SECTOR });
  a.emit('cli').emit('xor', ax, ax).emit('mov', ds, ax);
  // mov dx, MAILBOX; mov al, 'w'; out dx, al; cli; hlt
  a.emit('mov', mem32(SECOND_CORE), 0xb005a0ba).emit('mov', mem32(SECOND_CORE + 4), 0xf4faee77);
  a.emit('mov', ecx, APIC_BASE).emit('rdmsr').emit('or', eax, X2APIC_ENABLE).emit('wrmsr');
  a.emit('mov', ecx, X2APIC_ICR).emit('xor', edx, edx);
  a.emit('mov', eax, INIT).emit('wrmsr').emit('mov', eax, STARTUP).emit('wrmsr');
  a.emit('mov', dx, MAILBOX);
  a.label('wait').emit('in', al, dx).emit('test', al, al).emit('jz', a.ref('wait'));
  a.emit('mov', dx, COM1).emit('out', dx, al);
  a.label('rest').emit('hlt').emit('jmp', a.ref('rest'));
  a.org(510).u16(0xaa55);
  return a.finish().sections[0]?.bytes ?? new Uint8Array();
}

const machine = await createMachine({ cores: 2, memory: '16M', disks: [disk()], devices: [mailbox] });
await machine.waitFor('W', { timeout: 20_000 });
console.log(`The guest printed ${machine.output}.`);
await machine.stop();
