// Package wire is the streaming protocol of Netdata agents as pure functions over bytes: splitting lines into words,
// the number formats, the capability bits and their negotiation, the commands of both directions, and the encoder that
// writes them. It opens no socket, reads no clock and keeps no reference to the bytes it is given longer than the next
// call, except where a field is documented as a string (strings are copies).
//
// The grammar is that of agents v1.29 to v2.11; see netdata v2.11.0 src/streaming, src/plugins.d/pluginsd_parser.c.
package wire
