// Package swarm simulates Netdata children. They speak the streaming protocol as agents do (package wire) and collect
// nothing: every value is a pure function of the child, chart, dimension and time. So a demo has something to show, a
// benchmark a load that costs next to nothing beside the parent's work, and a test can compute each sample that a parent
// must hold, whatever was cut, killed or stopped in between.
//
// A child has a sample at every multiple of its charts' interval from History before its start until now, connected or
// not, and hands over what its parent asks for. Like a real one (netdata v2.11.0 src/streaming, v1.37.1
// streaming and replication) it
//
//   - defines its charts after each connect and withholds the live data of a chart until the parent's request for
//     history is answered with a REND that says true;
//   - answers with false and a part of the range when an answer grows long;
//   - never sends the oldest sample it has, because the range of a request is open at its beginning;
//   - sends stored values, or to a parent without INTERPOLATED (or as a child without it) collected integers, with the
//     collector's state handed over at the end of a replay.
//
// A [Swarm] runs many of them.
package swarm
