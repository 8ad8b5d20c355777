/** A client of the QEMU Machine Protocol (QEMU's docs/interop/qmp-spec): JSON lines on a Unix socket. */
import type { Socket } from 'node:net';
import { HypervisorError } from './errors.ts';

interface Reply {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class QmpClient {
  readonly #socket: Socket;
  readonly #pending: Pending[] = [];
  #partial = '';
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#receive(text));
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
  }

  /** Takes over a connection that QEMU just opened, and leaves the negotiation mode. */
  static async open(socket: Socket): Promise<QmpClient> {
    const client = new QmpClient(socket);
    await client.execute('qmp_capabilities');
    return client;
  }

  /** Runs one command. @throws HypervisorError UNSUPPORTED with QEMU's own words, or MACHINE_ENDED. */
  execute(command: string, options?: Readonly<Record<string, unknown>>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(ended());
      this.#pending.push({ resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: options })}\n`);
    });
  }

  #end(): void {
    this.#ended = true;
    for (const { reject } of this.#pending.splice(0)) reject(ended());
  }

  /** Replies come in the order of the commands; the greeting and events have neither `return` nor `error`. */
  #receive(text: string): void {
    const lines = (this.#partial + text).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      const reply = JSON.parse(line) as Reply;
      if (reply.error !== undefined) {
        const error = new HypervisorError('UNSUPPORTED', `QEMU's monitor refused: ${reply.error.desc}`);
        this.#pending.shift()?.reject(error);
      } else if ('return' in reply) {
        this.#pending.shift()?.resolve(reply.return);
      }
    }
  }
}

function ended(): HypervisorError {
  return new HypervisorError('MACHINE_ENDED', 'The machine has ended; its monitor is closed.');
}
