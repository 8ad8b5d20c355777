/** Pages, from Thread/C's ledger. Each function waits for the answer. */
import { PageProtect, PageRequest, PageReturn } from '@drift-os/abi/assembly/generated/application';
import { PURPOSE_BUFFER } from '@drift-os/abi/layout/messages';
import { waitForPages, waitForResult } from './inbox';
import { newRequest, reserve, send } from './outbox';

/** Consecutive pages, zeroed, readable and writable, below 4 GiB. 0: Thread/C has none. They go back when the instance ends. */
export function requestPages(pages: u32): usize {
  return askForPages(pages, PURPOSE_BUFFER);
}

/** The same with another PURPOSE_* for the ledger to print. */
export function askForPages(pages: u32, purpose: u32): usize {
  const message = PageRequest.at(reserve(PageRequest.BYTES));
  const request = newRequest();
  message.request = request;
  message.pages = pages;
  message.purpose = purpose;
  send(PageRequest.BYTES, PageRequest.ID);
  return <usize>waitForPages(request);
}

/** Gives pages back, all of a grant or a part. */
export function returnPages(address: usize, pages: u32): void {
  const message = PageReturn.at(reserve(PageReturn.BYTES));
  message.address = address;
  message.pages = pages;
  send(PageReturn.BYTES, PageReturn.ID);
}

/** Changes what pages allow: PROTECTION_*. Returns a STATUS_*; when it is STATUS_OK, the change is in force. */
export function protectPages(address: usize, pages: u32, protection: u32): u32 {
  const message = PageProtect.at(reserve(PageProtect.BYTES));
  const request = newRequest();
  message.request = request;
  message.address = address;
  message.pages = pages;
  message.protection = protection;
  send(PageProtect.BYTES, PageProtect.ID);
  return waitForResult(request);
}
