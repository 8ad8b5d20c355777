/** STATUS_* of the messages in words. */
import {
  STATUS_ABORTED,
  STATUS_HELD,
  STATUS_INTERFACE_MISMATCH,
  STATUS_NAME_TAKEN,
  STATUS_NO_SUCH_MODULE,
  STATUS_NOT_STARTABLE,
  STATUS_NOT_YOURS,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
  STATUS_PEER_GONE,
  STATUS_PROTOCOL,
  STATUS_REQUESTED,
  STATUS_TOO_MANY,
  STATUS_UNRESPONSIVE,
} from '@drift-os/abi/layout/messages';

export function statusName(status: u32): string {
  if (status == STATUS_OK) return 'ok';
  if (status == STATUS_OUT_OF_MEMORY) return 'out of memory';
  if (status == STATUS_NOT_YOURS) return 'a range that is not its own';
  if (status == STATUS_HELD) return 'another holds it';
  if (status == STATUS_INTERFACE_MISMATCH) return 'built against another interface';
  if (status == STATUS_NAME_TAKEN) return 'the service name is taken';
  if (status == STATUS_TOO_MANY) return 'too many of them';
  if (status == STATUS_NO_SUCH_MODULE) return 'no such module';
  if (status == STATUS_NOT_STARTABLE) return 'it cannot be started';
  if (status == STATUS_PROTOCOL) return 'a message that was not expected';
  if (status == STATUS_UNRESPONSIVE) return 'it does not take its messages';
  if (status == STATUS_PEER_GONE) return 'its worker or peer is gone';
  if (status == STATUS_REQUESTED) return 'on request';
  if (status == STATUS_ABORTED) return 'it gave up';
  return 'unknown status';
}
