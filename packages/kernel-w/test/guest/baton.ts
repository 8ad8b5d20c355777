/** Takes the range at its argument's place ("take"), or waits until somebody passes it on, and gives it to the instance after it. */
import { argument, arrivedCustody, giveCustody, instanceNumber, line, quit, takeCustody } from '@drift-os/kernel-w/sdk';

export function init(): void {
  if (argument() != 'take') return;
  line().text('takes it, status ').number(takeCustody(0xa0000, 4096)).log();
  line()
    .text('gives it, status ')
    .number(giveCustody(0xa0000, 4096, instanceNumber() - 1))
    .log();
}

export function message(channel: u32): void {
  const arrival = arrivedCustody();
  if (arrival === null) return line().text('nothing on ').number(channel).log();
  line()
    .text('has ')
    .number(arrival.bytes)
    .text(' bytes at ')
    .hexadecimal(arrival.address)
    .text(' from ')
    .number(arrival.giver)
    .log();
  heap.free(changetype<usize>(arrival));
  if (arrivedCustody() === null) quit();
}
