/** The tests of sizes-suite.ts on the PC of our own. */
import { sizesSuite } from './sizes-suite.ts';

sizesSuite('machine');
