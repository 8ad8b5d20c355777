/** Ranges that other instances have passed on to this one, until it asks. */
import { CustodyArrived } from '@drift-os/abi/assembly/generated/application';

/** Custody of a range, from another instance. */
@unmanaged
export class Arrival {
  /** In bytes. */
  address: u64;
  bytes: u64;
  /** Instance that had it. */
  giver: u32;
  /** The one that came after it. */
  next: usize;
}

let oldest: usize = 0;
let newest: usize = 0;

export function noteArrival(arrived: CustodyArrived): void {
  const arrival = new Arrival();
  arrival.address = arrived.address;
  arrival.bytes = arrived.bytes;
  arrival.giver = arrived.giver;
  const address = changetype<usize>(arrival);
  if (newest == 0) oldest = address;
  else changetype<Arrival>(newest).next = address;
  newest = address;
}

export function takeOldest(): Arrival | null {
  const arrival = changetype<Arrival | null>(oldest);
  if (arrival === null) return null;
  oldest = arrival.next;
  if (oldest == 0) newest = 0;
  return arrival;
}
