/** The thread of a core: begins with a `start` message. An entry of its own, that nothing imports. */
import { loadDevice } from '../own-devices.ts';
import { BoardThread } from './board-thread.ts';
import { CoreThread } from './core-thread.ts';
import type { FromCore, StartMessage, ToCore } from './messages.ts';
import { refusalOf } from './refusal.ts';
import { starter } from './starter.ts';

const host = starter();
const post = (message: FromCore): void => host.post(message);
const queue: ToCore[] = [];
let wake: () => void = () => {};
host.onMessage((message) => {
  queue.push(message as ToCore);
  wake();
});

async function nextMessage(): Promise<ToCore> {
  for (;;) {
    const message = queue.shift();
    if (message !== undefined) return message;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

async function prepare(start: StartMessage): Promise<CoreThread> {
  const thread = new CoreThread(start, post, nextMessage);
  if (start.board === undefined) thread.begin(start.cores, undefined);
  else {
    const devices = await Promise.all(start.board.devices.map(loadDevice));
    const board = new BoardThread(start.board, devices, thread, post);
    thread.begin(start.cores, board);
    board.begin();
  }
  return thread;
}

async function runCore(): Promise<void> {
  let thread: CoreThread;
  try {
    thread = await prepare((await nextMessage()) as StartMessage);
  } catch (error) {
    post(refusalOf(error));
    return;
  }
  post({ kind: 'ready' });
  try {
    await thread.run();
  } catch (error) {
    post({ kind: 'failed', error });
  }
}

async function main(): Promise<void> {
  await runCore();
  post({ kind: 'over' });
  host.close();
}

void main();
