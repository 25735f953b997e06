// Package agenttest runs real Netdata agents for tests and compares what two
// agents answer over HTTP.
//
// The agent is Debian's netdata 1.37.1 (packages netdata-core and
// netdata-plugins-bash). It runs as a child or as a parent on a loopback port,
// with every file it reads or writes below one temporary directory, and dies
// with the test. Nothing here knows what program the other side is: every
// comparison takes base URLs.
//
// # What to know about netdata 1.37.1 before testing against it
//
//   - Without plugins.d/system-info.sh (package netdata-plugins-bash) it runs
//     well alone, and aborts at the moment it connects to a parent. [Require]
//     therefore asks for both files.
//   - It answers HTTP well within a second of its start, lists its first charts
//     after 1 to 2 s and has their first points after 2 to 4 s. Charts of 5 and
//     10 s (system.load, timex) need a full interval, disk_await and its relatives
//     a second collection, and charts of "auto" visibility
//     (ipv4.sockstat_tcp_mem) appear when their value first leaves zero. A
//     comparison must take the list of charts at its end, not at its start.
//   - The list of /api/v1/charts has no charts that were defined and never
//     collected; those that are listed can have no value in a given window, to
//     which /api/v1/data answers 404 "No metrics where matched to query.".
//   - A child that streams from its start has at most one point of a chart when it
//     defines it, and cannot send that one: a replication request begins after
//     its "after". So nearly every dimension lacks its first value at the parent,
//     some of the charts of 2 s and more their second, and the first value that a
//     counter gets there differs (40 points of 760 dimensions). After that a real
//     parent holds exactly what the child holds, and after kill -9, when it asks
//     for everything again, even the first values.
//   - After a parent is lost, it dials again every "reconnect delay seconds"
//     (5 by default, 1 here). A parent that accepts and closes without an answer
//     is left alone for 30 s, one that answered "already streaming" for 120 s.
//   - Its first attempt to connect again comes within a second of a lost
//     connection, whatever the "reconnect delay". A real parent then often still
//     has the old connection, and refuses the new one as "already streaming".
//   - A child in memory mode ram that has a gap in its own data (it was too busy
//     to collect for two seconds, see [Agent.Freeze]) ends its answer to a
//     replication request at the gap, and says nevertheless that it has answered
//     up to the end ("REND … true <after> <before>" with before = its newest
//     point). A request that begins inside of the gap is answered with no point,
//     one that begins with the last empty point of the gap with all that follow;
//     such requests are answered at any time, also when the chart is live again.
//     A real parent does not ask again and has a hole from the gap on.
//   - Its answers to /api/v1/data have zeros for the time before a dimension that
//     was added to an older chart; see [Compare].
//   - Memory mode ram keeps at least 1024 points a dimension, whatever
//     "retention" says.
//   - A parent in mode dbengine writes a page when it is full, up to 1024 points
//     later. What kill -9 takes is not lost as long as the child still has it.
//   - It binds the control socket of netdatacli, /tmp/netdata-ipc, whatever the
//     configuration says; of several agents the last one gets it. That is the
//     only thing outside the temporary directory.
//   - The log of errors stops for 20 minutes after 200 lines ("errors flood
//     protection"); it is switched off here.
package agenttest
