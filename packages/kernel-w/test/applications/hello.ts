import { log, line, quit, Channel } from '@drift-os/kernel-w/sdk';
class Foo {
  constructor(public a: i32) {}
}
export function init(): void {
  log('Hi ' + new Foo(3).a.toString());
  line().text('x').number(4).log();
  Channel.connect('abc', 5);
  quit();
}
