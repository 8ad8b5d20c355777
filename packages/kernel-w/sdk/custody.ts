/** Custody of a range of memory that is no page of anyone's, such as the screen's: one instance at a time has it. */
import { CustodyGive, CustodyTake } from '@drift-os/abi/assembly/generated/application';
import { readNews, waitForResult } from './inbox';
import { newRequest, reserve, send } from './outbox';
import { Arrival, takeOldest } from './arrivals';

/** Asks Thread/C for a range. Returns a STATUS_*: STATUS_OK, or STATUS_HELD by another. It goes back when the instance ends. */
export function takeCustody(address: u64, bytes: u64): u32 {
  const message = CustodyTake.at(reserve(CustodyTake.BYTES));
  const request = newRequest();
  message.request = request;
  message.address = address;
  message.bytes = bytes;
  send(CustodyTake.BYTES, CustodyTake.ID);
  return waitForResult(request);
}

/** Passes a range on to another instance (0: back to Thread/C), which is told. Returns a STATUS_*. */
export function giveCustody(address: u64, bytes: u64, to: u32): u32 {
  const message = CustodyGive.at(reserve(CustodyGive.BYTES));
  const request = newRequest();
  message.request = request;
  message.address = address;
  message.bytes = bytes;
  message.to = to;
  send(CustodyGive.BYTES, CustodyGive.ID);
  return waitForResult(request);
}

/**
 * A range that another instance has passed on to this one and that was not asked for yet, oldest first; null: none. `message(0)` is
 * called when there is one. The object is the caller's, to be freed.
 */
export function arrivedCustody(): Arrival | null {
  readNews();
  return takeOldest();
}
