/** gdb over TCP, on loopback alone: whoever connects can do anything with the machine. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { GdbStub } from '../debug/gdb-stub.ts';
import type { Machine } from '../machine.ts';
import { MachineError } from '../machine-error.ts';

const LOOPBACK = '127.0.0.1';

export class GdbServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  #client: Socket | undefined;

  constructor(server: Server, machine: Machine) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => void this.#serve(socket, machine));
  }

  /** One at a time: a second gdb is turned away. */
  async #serve(socket: Socket, machine: Machine): Promise<void> {
    if (this.#client !== undefined) {
      socket.destroy();
      return;
    }
    this.#client = socket;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    await machine.pause();
    const stub = new GdbStub(machine, (bytes) => void socket.write(bytes));
    socket.on('data', (bytes) => stub.receive(bytes));
    socket.once('close', () => {
      this.#client = undefined;
      stub.close();
    });
    void machine.ended.then(() => socket.end());
  }

  /** Lets nobody in any more; gdb is sent away, and the machine goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/**
 * Waits for gdb (`target remote :PORT`); the machine is paused as long as one is there.
 * @param port 0: one that is free
 * @throws MachineError BAD_OPTION for a port that is none, or is not to be had
 */
export async function serveGdb(machine: Machine, port: number): Promise<GdbServer> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new MachineError(
      'BAD_OPTION',
      `gdb: ${port} is no port; give a whole number from 1 to 65535, or 0 for any that is free.`,
    );
  }
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const problem = `gdb cannot be served on port ${port} of ${LOOPBACK}: ${error.message}. Choose another port.`;
      reject(new MachineError('BAD_OPTION', problem));
    });
    server.listen(port, LOOPBACK, () => resolve(new GdbServer(server, machine)));
  });
}
