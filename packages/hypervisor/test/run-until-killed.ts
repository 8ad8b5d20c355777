/** Runs a guest on QEMU or, with the argument `bochs`, on Bochs, and prints the hypervisor's process id; somebody else ends this process. */
import { runOnBochs, runOnQemu } from '../src/index.ts';
import { echoGuest } from './guest.ts';

const options = { image: echoGuest(), memory: '64M' } as const;
const machine = process.argv.includes('bochs')
  ? await runOnBochs(options)
  : await runOnQemu({ ...options, accelerator: 'tcg' });
await machine.waitFor('ring 0');
console.log(machine.pid);
setInterval(() => {}, 1000);
