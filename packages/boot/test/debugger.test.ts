/** The tests of debugger-suite.ts on the PC of our own. */
import { debuggerSuite } from './debugger-suite.ts';

debuggerSuite('machine');
