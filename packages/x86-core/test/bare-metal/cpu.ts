/** Runs a guest program on our `Cpu`: RAM, the ROM below 1 MiB and below 4 GiB, the debug port and the exit port. */
import { Cpu, emptyBus, PhysicalMemory } from '../../src/index.ts';
import { DEBUG_PORT, EXIT_PORT } from './console.ts';
import { ROM, ROM_BYTES } from './program.ts';

const RAM_BYTES = 0x80_0000;
/** Far more than any of the programs needs. */
const BUDGET = 20_000_000;
const SLICE = 100_000;

/** @returns the lines that it printed, as the oracles give them; the last one tells how it ended where it did not end by itself */
export function runOnCpu(rom: Uint8Array): string {
  const memory = new PhysicalMemory({ bytes: RAM_BYTES + ROM_BYTES });
  memory.mapRam(0, ROM);
  memory.mapRam(0x10_0000, RAM_BYTES - 0x10_0000);
  const image = memory.mapRom(ROM, rom);
  memory.mapAlias(0xffff_0000, image, false);
  const told = { text: '', ended: false };
  const cpu = new Cpu(
    {
      ...emptyBus,
      writePort: (port, _bytes, value) => {
        if (port === DEBUG_PORT) told.text += String.fromCharCode(value & 255);
        else if (port === EXIT_PORT) told.ended = true;
      },
    },
    { memory },
  );
  let reason = 'budget';
  for (let spent = 0; spent < BUDGET && !told.ended && reason === 'budget'; spent += SLICE) reason = cpu.run(SLICE);
  if (!told.ended) told.text += `\n@${reason} at ${cpu.registers.rip.toString(16)}\n`;
  return told.text
    .split('\n')
    .filter((line) => line.startsWith('@'))
    .map((line) => line.slice(1).trimEnd())
    .join('\n');
}
