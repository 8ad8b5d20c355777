/** Does what its argument says, wrongly. */
import { argument, heapUsed, line, log, protectPages, requestPages, returnPages } from '@drift-os/kernel-w/sdk';
import { rdmsr } from '@drift-os/abi/assembly/generated/cpu';
import { Quit } from '@drift-os/abi/assembly/generated/application';
import { PROTECTION_READ } from '@drift-os/abi/layout/messages';
import { RingWriter } from '@drift-os/ring/assembly';
import { APPLICATION_GLOBALS, APPLICATION_PAIR } from '@drift-os/abi/layout/application-context';

export function init(): void {
  const what = argument();
  if (what == 'hoard') hoard();
  if (what == 'free') heap.free(0x1234560);
  // eslint-disable-next-line drift/no-exceptions -- what it does here is what the test wants to see
  if (what == 'throw') throw new Error('on purpose');
  if (what == 'protocol') sendRaw(4, 99);
  if (what == 'protocol and wait') {
    sendRaw(4, 99);
    requestPages(1);
    log('still here');
  }
  if (what == 'short') sendRaw(1, Quit.ID);
  if (what == 'chatter') for (let i = 0; i < 500; i++) line().text('line ').number(i).log();
  if (what == 'pages') pages();
  if (what == 'churn') churn();
}

/** Past the SDK, straight into the private ring. */
function sendRaw(bytes: u32, kind: u32): void {
  const context = <usize>rdmsr(0xc0000100) - APPLICATION_GLOBALS;
  const writer = changetype<RingWriter>(context + APPLICATION_PAIR);
  writer.reserve(bytes);
  writer.commit(bytes, kind);
}

function hoard(): void {
  log('hoards');
  for (;;) new StaticArray<u8>(100_000);
}

function pages(): void {
  const at = requestPages(3);
  store<u8>(at + 3 * 4096 - 1, 1);
  const status = protectPages(at, 1, PROTECTION_READ);
  returnPages(at + 4096, 2);
  line().text('protected ').number(status).log();
}

/** Far more than there is, but never much at a time. */
function churn(): void {
  for (let i = 0; i < 20_000; i++) {
    const block = heap.alloc(1 + ((i * 37) % 5000));
    memory.fill(block, 0xff, 1 + ((i * 37) % 5000));
    heap.free(block);
  }
  line().text('used ').number(heapUsed()).log();
}
