/** Compiled code of the command is kept on disk from run to run. The first import of main.ts, so that it comes before what is to be kept. */
import module from 'node:module';

// Node 22.1 and later; NODE_DISABLE_COMPILE_CACHE=1 turns it off, NODE_COMPILE_CACHE says where it is.
if ('enableCompileCache' in module) module.enableCompileCache();
