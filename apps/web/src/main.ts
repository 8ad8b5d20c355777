/** Boots Drift in this tab. */
import { createMachine } from '@drift-os/machine';
import { showScreen } from './screen.ts';
import './style.css';
import { showTerminal } from './terminal.ts';

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element ${id}.`);
  return found;
}

const status = element('status');

async function boot(): Promise<void> {
  const begun = performance.now();
  const response = await fetch(new URL('drift.img', document.baseURI));
  if (!response.ok) {
    throw new Error(
      `drift.img is not there (HTTP ${response.status}). It belongs beside this page; the build puts it there.`,
    );
  }
  const image = new Uint8Array(await response.arrayBuffer());
  const machine = await createMachine({ disks: [image], cores: 4, memory: '128M', execution: 'parallel' });
  showScreen(machine, element('screen') as HTMLCanvasElement);
  void showTerminal(machine, element('terminal'));
  await machine.waitFor('drift> ');
  const threads = crossOriginIsolated ? 'Four cores, each on a Worker,' : 'Four cores in one thread';
  status.textContent = `${threads} and 128 MiB, at the prompt ${Math.round(performance.now() - begun)} ms after the page began to load them.`;
  const { reason } = await machine.ended;
  status.textContent = `The machine has ended (${reason}). Reload the page to start it again.`;
}

boot().catch((error: unknown) => {
  status.textContent = `Drift could not start: ${error instanceof Error ? error.message : String(error)}`;
  throw error;
});
