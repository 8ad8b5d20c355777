/** The tests of misbehave-suite.ts on the PC of our own. */
import { misbehaveSuite } from './misbehave-suite.ts';

misbehaveSuite('machine');
