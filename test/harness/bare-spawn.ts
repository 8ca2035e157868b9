// Loaded before every test file: the processes that a test starts are started as they are.
//
// tap loads a module of its own into every Node that a test starts, to know which files it read. Nothing here asks for
// that, and it makes a start four times as slow (measured: 460 ms for a tallyctl that takes 106).
import processOnSpawn from 'process-on-spawn'

processOnSpawn.removeAllListeners()
delete process.env['NODE_OPTIONS']
