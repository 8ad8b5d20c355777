/** Runs a guest and prints the hypervisor's process id; somebody else ends this process. */
import { runOnQemu } from '../src/index.ts';
import { echoGuest } from './guest.ts';

const machine = await runOnQemu({ image: echoGuest(), memory: '64M', accelerator: 'tcg' });
await machine.waitFor('ring 0');
console.log(machine.pid);
setInterval(() => {}, 1000);
