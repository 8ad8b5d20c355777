/** Boots a disk image in Bochs, COM1 on standard output. Arguments: the image, the memory. */
import { writeSync } from 'node:fs';
import { type BochsOptions, runOnBochs } from '@drift-os/hypervisor';

const [image, memory] = process.argv.slice(2);
if (image === undefined) throw new Error('usage: bochs-guest.ts IMAGE [MEMORY]');
const options = { image, ...(memory === undefined ? {} : { memory: memory as NonNullable<BochsOptions['memory']> }) };
await using machine = await runOnBochs(options);
for await (const chunk of machine.serial) writeSync(1, chunk);
