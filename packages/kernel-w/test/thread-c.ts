/** A Thread/C for tests: the host's half of the control channel, a ledger of pages, and the broker of channels. */
import { control } from '@drift-os/abi';
import * as values from '@drift-os/abi/layout/messages';
import { WORKER_DOORBELL_AT } from '@drift-os/abi/layout/worker-block';
import { ringBytes, ringInitialize, type StreamPair } from '@drift-os/ring';

/** A worker as Thread/C sees it. */
export interface Worker {
  readonly number: number;
  /** Address of its block. */
  readonly block: number;
  /** Thread/C's end of the pair. */
  readonly pair: StreamPair;
  ringDoorbell(): void;
}

/** What Thread/C works on. */
export interface Machine {
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly workers: readonly Worker[];
}

/** First page that is issued, as an address. */
const FIRST_PAGE = 0x800000;

type Fields = Record<string, number | bigint | Uint8Array>;

/** What a worker said. */
export interface Message {
  readonly worker: number;
  readonly name: string;
  readonly fields: Fields;
}

const byId = new Map(control.list.map((message) => [message.id, message]));
const CHANNEL_CAPACITY = 1024;
const PAGE = 4096;

export class ThreadC {
  readonly #machine: Machine;
  /** Everything that was said. */
  readonly heard: Message[] = [];
  /** Owner of each issued page, by page number. */
  readonly ledger: Map<number, number> = new Map();
  /** Pages it will still issue. */
  available = 1000;
  /** Lines of the log, with the instance in front. */
  readonly log: string[] = [];
  readonly states: string[] = [];
  readonly custody: Map<bigint, number> = new Map();
  readonly #services = new Map<string, { worker: Worker; fields: Fields }>();
  readonly #waiting: { worker: Worker; fields: Fields; name: string }[] = [];
  readonly #ends = new Map<number, { worker: Worker; instance: number }[]>();
  /** Worker of each instance. */
  readonly #places = new Map<number, Worker>();
  #instances = 0;
  #channels = 0;
  #nextPage = FIRST_PAGE / PAGE;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Reads and answers everything that is there. */
  step(): void {
    for (const worker of this.#machine.workers) {
      const { reader } = worker.pair;
      for (let record = reader.read(); record !== undefined; record = reader.read()) {
        const message = byId.get(record.kind);
        if (message === undefined || !message.accepts(record.payload.length))
          throw new Error(`bad record, kind ${record.kind}`);
        const copy = record.payload.slice();
        const view = message.view(copy.buffer).at(0, copy.length) as unknown as Fields;
        const fields = Object.fromEntries(message.fields.map(({ name }) => [name, view[name] as number]));
        this.heard.push({ worker: worker.number, name: message.name, fields });
        this.#answer(worker, message.name, fields);
      }
    }
  }

  /** Says something to a worker and rings its bell if it sleeps. */
  say(worker: Worker, name: keyof typeof control.messages, fields: Fields): void {
    const message = control.messages[name];
    const tail = message.tail === undefined ? undefined : (fields[message.tail.name] as Uint8Array);
    const bytes = message.size(tail?.length ?? 0);
    const at = worker.pair.writer.reserve(bytes);
    if (at === 0) throw new Error('the worker does not read');
    const view = message.view(this.#machine.memory.buffer).at(at, bytes);
    Object.assign(view, fields);
    worker.pair.writer.commit(bytes, message.id);
    if (worker.pair.shouldNotify()) worker.ringDoorbell();
  }

  start(worker: Worker, module: number, argument = ''): number {
    const instance = ++this.#instances;
    this.#places.set(instance, worker);
    this.say(worker, 'applicationStart', { instance, module, argument: new TextEncoder().encode(argument) });
    return instance;
  }

  stop(worker: Worker, instance: number): void {
    this.say(worker, 'applicationStop', { instance });
  }

  pagesOf(instance: number): number {
    return [...this.ledger.values()].filter((owner) => owner === instance).length;
  }

  #answer(worker: Worker, name: string, fields: Fields): void {
    const { request, instance } = fields as { request: number; instance: number };
    if (name === 'log') this.log.push(`${instance}: ${new TextDecoder().decode(fields['text'] as Uint8Array)}`);
    if (name === 'applicationState') this.#state(instance, fields);
    if (name === 'pageRequest') this.#pages(worker, fields);
    if (name === 'pageReturn') {
      const first = Number((fields['address'] as bigint) / BigInt(PAGE));
      for (let page = first; page < first + (fields['pages'] as number); page++) {
        if (this.ledger.get(page) !== instance) throw new Error('a page was returned by another than its owner');
        this.ledger.delete(page);
      }
    }
    if (name === 'pageProtect') this.say(worker, 'result', { request, instance, status: values.STATUS_OK });
    if (name === 'custodyTake') {
      const holder = this.custody.get(fields['address'] as bigint);
      if (holder === undefined) this.custody.set(fields['address'] as bigint, instance);
      this.say(worker, 'result', {
        request,
        instance,
        status: holder === undefined ? values.STATUS_OK : values.STATUS_HELD,
      });
    }
    if (name === 'custodyGive') {
      this.custody.set(fields['address'] as bigint, fields['to'] as number);
      this.say(worker, 'result', { request, instance, status: values.STATUS_OK });
      const { address, bytes, to } = fields as { address: bigint; bytes: bigint; to: number };
      const receiver = this.#places.get(to);
      if (receiver !== undefined)
        this.say(receiver, 'custodyArrived', { address, bytes, instance: to, giver: instance });
    }
    if (name === 'channelServe') this.#serve(worker, fields);
    if (name === 'channelConnect') this.#connect(worker, fields);
    if (name === 'channelClose') this.#close(instance, fields['channel'] as number);
  }

  #state(instance: number, fields: Fields): void {
    const { state, status } = fields as { state: number; status: number };
    this.states.push(`${instance} ${state} ${status}`);
    if (state !== values.APPLICATION_STOPPED && state !== values.APPLICATION_FAILED) return;
    for (const [page, owner] of this.ledger) if (owner === instance) this.ledger.delete(page);
    for (const [address, owner] of this.custody) if (owner === instance) this.custody.delete(address);
    for (const [name, { fields }] of this.#services) if (fields['instance'] === instance) this.#services.delete(name);
  }

  #pages(worker: Worker, { request, instance, pages }: Fields): void {
    const count = pages as number;
    const granted = count <= this.available;
    let address = 0n;
    if (granted) {
      this.available -= count;
      address = BigInt(this.#nextPage * PAGE);
      this.#machine.bytes.fill(0, Number(address), Number(address) + count * PAGE);
      for (let page = 0; page < count; page++) this.ledger.set(this.#nextPage++, instance as number);
    }
    const status = granted ? values.STATUS_OK : values.STATUS_OUT_OF_MEMORY;
    this.say(worker, 'pageGrant', { address, request, instance, pages: count, status } as Fields);
  }

  #serve(worker: Worker, fields: Fields): void {
    const name = new TextDecoder().decode(fields['service'] as Uint8Array);
    if (this.#services.has(name)) {
      const { request, instance } = fields;
      return this.say(worker, 'channelRefused', { request, instance, status: values.STATUS_NAME_TAKEN } as Fields);
    }
    this.#services.set(name, { worker, fields });
    this.#match();
  }

  #connect(worker: Worker, fields: Fields): void {
    this.#waiting.push({ worker, fields, name: new TextDecoder().decode(fields['service'] as Uint8Array) });
    this.#match();
  }

  #match(): void {
    for (const client of this.#waiting.splice(0)) {
      const server = this.#services.get(client.name);
      if (server === undefined) {
        this.#waiting.push(client);
      } else if (server.fields['interfaceHash'] !== client.fields['interfaceHash']) {
        const { request, instance } = client.fields;
        this.say(client.worker, 'channelRefused', {
          request,
          instance,
          status: values.STATUS_INTERFACE_MISMATCH,
        } as Fields);
      } else {
        this.#open(server, client);
      }
    }
  }

  #open(server: { worker: Worker; fields: Fields }, client: { worker: Worker; fields: Fields }): void {
    const channel = ++this.#channels;
    const bytes = Math.ceil(ringBytes(CHANNEL_CAPACITY) / PAGE) * PAGE;
    const a = this.#nextPage * PAGE;
    const b = a + bytes;
    this.#nextPage += (2 * bytes) / PAGE;
    for (const ring of [a, b]) ringInitialize(this.#machine.memory.buffer, ring, CHANNEL_CAPACITY, channel);
    const grant = (end: typeof server, peer: typeof server, role: number, writeRing: number, readRing: number) =>
      this.say(end.worker, 'channelGrant', {
        request: end.fields['request'] as number,
        instance: end.fields['instance'] as number,
        channel,
        role,
        writeRing,
        readRing,
        epoch: channel,
        peerDoorbell: peer.worker.block + WORKER_DOORBELL_AT,
        peer: peer.fields['instance'] as number,
      });
    grant(server, client, values.ROLE_SERVER, a, b);
    grant(client, server, values.ROLE_CLIENT, b, a);
    this.#ends.set(
      channel,
      [server, client].map(({ worker, fields }) => ({ worker, instance: fields['instance'] as number })),
    );
  }

  #close(instance: number, channel: number): void {
    const ends = this.#ends.get(channel) ?? [];
    for (const end of ends) {
      if (end.instance !== instance) {
        this.say(end.worker, 'channelClosed', { instance: end.instance, channel, status: values.STATUS_OK });
      }
    }
    this.#ends.set(
      channel,
      ends.filter((end) => end.instance !== instance),
    );
  }
}
