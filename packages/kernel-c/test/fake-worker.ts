/** A worker as Thread/C sees it: a block, a stream pair, and messages. Runs in the test, on the machine's memory. */
import { control } from '@drift-os/abi';
import { APPLICATION_RUNNING } from '@drift-os/abi/layout/messages';
import {
  TRAMPOLINE_PARAMETERS,
  TRAMPOLINE_TAKEN_AT,
  TRAMPOLINE_WORKER_BLOCK_AT,
} from '@drift-os/abi/layout/trampoline';
import { TRAMPOLINE } from '@drift-os/abi/layout/memory-map';
import {
  WORKER_CONTROL_IN_AT,
  WORKER_CONTROL_OUT_AT,
  WORKER_EPOCH_AT,
  WORKER_FLUSH_DONE_AT,
  WORKER_FLUSH_REQUESTED_AT,
  WORKER_RUNNING,
  WORKER_STATE_AT,
} from '@drift-os/abi/layout/worker-block';
import { StreamPair } from '@drift-os/ring';
import type { FakeMachine } from './fake-machine.ts';

type Messages = typeof control.messages;
export type Fields = Readonly<Record<string, number | bigint | Uint8Array>>;

export interface Received {
  readonly name: string;
  readonly fields: Fields;
}

export class FakeWorker {
  readonly block: number;
  readonly received: Received[] = [];
  /** Numbers of the instances it was told to start; it says of each that it runs. */
  readonly instances: number[] = [];
  /** Takes messages but does not flush its TLB. */
  stale = false;
  private readonly machine: FakeMachine;
  private readonly pair: StreamPair;

  /** Answers the start-up interrupt whose parameters stand in the trampoline's page. */
  constructor(machine: FakeMachine) {
    const { view } = machine;
    const parameters = TRAMPOLINE + TRAMPOLINE_PARAMETERS;
    this.machine = machine;
    this.block = Number(view.getBigUint64(parameters + TRAMPOLINE_WORKER_BLOCK_AT, true));
    view.setUint32(parameters + TRAMPOLINE_TAKEN_AT, 1, true);
    this.pair = new StreamPair({
      buffer: machine.memory.buffer,
      out: this.field(WORKER_CONTROL_IN_AT),
      into: this.field(WORKER_CONTROL_OUT_AT),
      epoch: this.field(WORKER_EPOCH_AT),
    });
    this.state = WORKER_RUNNING;
  }

  field(at: number): number {
    return this.machine.view.getUint32(this.block + at, true);
  }

  set state(value: number) {
    this.machine.view.setUint32(this.block + WORKER_STATE_AT, value, true);
  }

  /** The head of its loop: acknowledges changed page tables, takes messages. */
  poll(): void {
    if (!this.stale) {
      this.machine.view.setUint32(this.block + WORKER_FLUSH_DONE_AT, this.field(WORKER_FLUSH_REQUESTED_AT), true);
    }
    for (let at = this.pair.reader.peek(); at !== 0; at = this.pair.reader.peek()) {
      const message = decode(this.machine, at, this.pair.reader.length, this.pair.reader.kind);
      this.pair.reader.release();
      this.received.push(message);
      if (message.name === 'applicationStart') this.started(Number(message.fields['instance']));
    }
  }

  private started(instance: number): void {
    this.instances.push(instance);
    this.send('applicationState', { instance, state: APPLICATION_RUNNING, status: 0 });
  }

  send(name: keyof Messages, fields: Fields): void {
    const message = control.messages[name];
    const tail = Object.values(fields).find((value) => value instanceof Uint8Array);
    const bytes = message.size(tail?.length ?? 0);
    const view = message.view(this.machine.memory.buffer).at(this.pair.writer.reserve(bytes), bytes);
    Object.assign(view, fields);
    this.pair.writer.commit(bytes, message.id);
  }

  /** The last message of this name. */
  last(name: string): Fields | undefined {
    return this.received.findLast((message) => message.name === name)?.fields;
  }
}

function decode(machine: FakeMachine, at: number, length: number, kind: number): Received {
  const message = control.list[kind - 1];
  if (message === undefined) throw new Error(`message ${kind} is none of drift.control`);
  const view = message.view(machine.memory.buffer).at(at, length) as unknown as Fields;
  return { name: message.name, fields: Object.fromEntries(message.fields.map(({ name }) => [name, view[name] ?? 0])) };
}
