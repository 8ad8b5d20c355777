/** gdb over TCP, on loopback alone: whoever connects can do anything with the machine. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { GdbStub } from '../debug/gdb-stub.ts';
import type { Machine } from '../machine.ts';

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
 * @throws Error with the system's code, such as EADDRINUSE
 */
export function serveGdb(machine: Machine, port: number): Promise<GdbServer> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => resolve(new GdbServer(server, machine)));
  });
}
