/** Runs a disk image on Bochs: one core, no screen, the serial line over a loopback connection. */
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bochsConfiguration, debuggerCommands } from './bochs-configuration.ts';
import { type StartedChild, sinkTo, startChild } from './child.ts';
import { HypervisorError } from './errors.ts';
import { type ExitStatus, Machine, type MachineParts } from './machine.ts';
import { type BochsOptions, checkImage } from './options.ts';
import { PacedWriter } from './paced-writer.ts';
import { PrivateFolder } from './private-folder.ts';
import { bochsProgram, findProgram } from './program.ts';
import { screenFromTextMemory, SerialText, TEXT_BYTES } from '@drift-os/console';

/** How long Bochs may take to save its screen, in milliseconds. */
const SCREEN_TIMEOUT = 5000;
/** How Bochs 2.7 reports that the guest powered off, which it does with exit code 1. */
const POWERED_OFF = 'ACPI control: soft power off';

export class BochsMachine extends Machine {
  readonly #child: StartedChild['child'];
  readonly #screenPath: string;
  readonly #hasDebugger: () => boolean;

  constructor(parts: MachineParts, screenPath: string, hasDebugger: () => boolean) {
    super(parts);
    this.#child = parts.child;
    this.#screenPath = screenPath;
    this.#hasDebugger = hasDebugger;
  }

  override async screenText(): Promise<string> {
    if (!this.#hasDebugger()) {
      throw new HypervisorError('UNSUPPORTED', 'This Bochs was built without its debugger, which reads the screen.');
    }
    await rm(this.#screenPath, { force: true });
    if (!this.#child.kill('SIGINT')) throw new HypervisorError('MACHINE_ENDED', 'The machine has ended.');
    for (let waited = 0; waited < SCREEN_TIMEOUT; waited += 20) {
      const cells = await readFile(this.#screenPath).catch(() => undefined);
      if (cells?.length === TEXT_BYTES) return screenFromTextMemory(cells);
      await sleep(20);
    }
    throw new HypervisorError('TIMEOUT', `Bochs did not save its screen within ${SCREEN_TIMEOUT} ms.`);
  }
}

/**
 * Starts Bochs; resolves when it has opened the serial line, which is when the guest begins to run.
 *
 * @throws HypervisorError OPTION_INVALID, PROGRAM_MISSING, or START_FAILED with Bochs' own message.
 */
export async function runOnBochs(options: BochsOptions): Promise<BochsMachine> {
  bochsConfiguration(options, { imagePath: '', journalPath: '', logPath: '', serialPort: 0 });
  await checkImage(options.image);
  const program = await findProgram(bochsProgram, options.program);
  const folder = await PrivateFolder.create();
  const server = createServer();
  try {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const places = {
      imagePath: resolve(await folder.image(options.image)),
      journalPath: folder.file('journal'),
      logPath: folder.file('log'),
      serialPort: (server.address() as AddressInfo).port,
    };
    const screenPath = folder.file('screen');
    await writeFile(folder.file('bochsrc'), bochsConfiguration(options, places));
    await writeFile(folder.file('commands'), debuggerCommands(screenPath));
    const args = ['-q', '-f', folder.file('bochsrc')];
    const commands = await open(folder.file('commands'));
    const started = await startChild({ program, args, stdio: [commands.fd, 'pipe', 'pipe'], folder: folder.path });
    await commands.close();
    let printed = '';
    started.child.stdout?.setEncoding('utf8').on('data', (text: string) => (printed = (printed + text).slice(-16_384)));
    const serial = new SerialText((code, message) => new HypervisorError(code, message));
    const exitStatus = started.ended.then(async (status) => {
      const told = await statusFromLog(status, places.logPath, printed);
      serial.end(`the machine ended (exit code ${told.code}${told.signal === null ? '' : `, ${told.signal}`})`);
      await folder.remove();
      return told;
    });
    const line = await serialLine(server, serial, exitStatus);
    const writer = new PacedWriter(sinkTo(line));
    const parts = { commandLine: [program, ...args], child: started.child, serial, writer, exitStatus };
    return new BochsMachine(parts, screenPath, () => printed.includes('<bochs:1>'));
  } catch (error) {
    await folder.remove();
    throw error;
  } finally {
    server.close();
  }
}

/** The connection that Bochs makes for COM1 while it starts; its output goes to `serial`. */
async function serialLine(server: Server, serial: SerialText, exitStatus: Promise<ExitStatus>): Promise<Socket> {
  const connected = new Promise<Socket>((done) => server.once('connection', done));
  const first = await Promise.race([connected, exitStatus]);
  if ('code' in first) throw new HypervisorError('START_FAILED', `Bochs did not start: ${first.messages}`);
  first.setNoDelay(true);
  first.setEncoding('utf8').on('data', (text: string) => serial.append(text));
  first.on('error', () => {});
  return first;
}

/** Bochs ends with 1 whatever happened; its log tells a guest that powered off from one that failed. */
async function statusFromLog(status: ExitStatus, logPath: string, printed: string): Promise<ExitStatus> {
  const log = await readFile(logPath, 'utf8').catch(() => '');
  const panics = [...`${log}\n${status.messages}`.matchAll(/>>PANIC<< (.*)/g)].map((match) => match[1]);
  if (panics.includes(POWERED_OFF) || printed.includes(POWERED_OFF)) return { ...status, code: 0, messages: '' };
  return { ...status, messages: panics.length > 0 ? panics.join('\n') : status.messages.trim() };
}
